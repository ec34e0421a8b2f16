#include "server/child.hpp"

#include "base/process.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "server/oom_score.hpp"
#include "server/start_error.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace belfry::server {
namespace {

/// Closes all descriptors except standard error and those given. It opens /dev/null only after it
/// has closed others, because the limit of descriptors may be reached before that.
template <std::size_t count>
void keep_only(std::array<int, count> kept) noexcept {
    close_all_except(kept);
    detach_standard_streams();
}

/// Forks a child that inherits the secrets of the clients. Other children do not.
/// @return as fork(2)
pid_t fork_with_secrets(auth::KnownClients* clients) noexcept {
    if (clients == nullptr || !clients->has_file()) return ::fork();
    clients->set_inherited(true);
    const pid_t pid = ::fork();
    if (pid != 0) {
        const int error = errno;
        clients->set_inherited(false);
        errno = error;
    }
    return pid;
}

}  // namespace

void Child::signal(int number) const noexcept {
    if (pidfd) {
        base::send_signal(pidfd, number);
    } else {
        ::kill(pid, number);  // The child has not been reaped, so the pid is still its own.
    }
}

Child adopt(shm::ProcessEntry& entry) {
    errno = 0;
    shm::Claimant claimant = shm::open_claimant(entry);
    if (claimant.pidfd) return {claimant.pid, std::move(claimant.pidfd)};
    if (errno == EMFILE || errno == ENFILE) {
        throw StartError{"no file descriptor is left to watch the running processes"};
    }
    return {};
}

pid_t spawn_session(Heritage& heritage, const sandbox::Sandbox& sandbox,
                    const base::UniqueFd& alive) noexcept {
    const pid_t pid = fork_with_secrets(heritage.clients);
    if (pid != 0) return pid;
    begin_own_log();
    keep_only(std::array{heritage.socket.get(), alive.get(), sandbox.descriptor()});
    restore_oom_score();
    set_process_title("login");
    run_session(heritage, sandbox);
}

pid_t spawn_archiver(const ArchiverHeritage& heritage, const base::UniqueFd& alive) noexcept {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    begin_own_log();
    keep_only(std::array{alive.get()});
    set_process_title("archiver");
    run_archiver(heritage);
}

}  // namespace belfry::server

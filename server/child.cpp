#include "server/child.hpp"

#include "base/process.hpp"
#include "server/logger.hpp"
#include "server/oom_score.hpp"
#include "server/process_title.hpp"
#include "server/start_error.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <limits>

namespace belfry::server {
namespace {

/// Closes all descriptors except standard error and those given. It opens /dev/null only after it
/// has closed others, because the limit of descriptors may be reached before that. Standard input
/// and output become /dev/null, so that a program that reads the supervisor's output does not have
/// to wait until all children have exited.
template <std::size_t count>
void keep_only(std::array<int, count> kept) noexcept {
    std::ranges::sort(kept);
    int next = STDERR_FILENO + 1;
    const auto close_to = [&next](unsigned last) {
        if (static_cast<unsigned>(next) <= last) ::syscall(SYS_close_range, next, last, 0);
    };
    for (const int fd : kept) {
        close_to(static_cast<unsigned>(fd) - 1);
        next = fd + 1;
    }
    close_to(std::numeric_limits<unsigned>::max());
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::close(null);
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

pid_t spawn_session(Heritage& heritage, const base::UniqueFd& alive) noexcept {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    begin_own_log();
    keep_only(std::array{heritage.socket.get(), alive.get()});
    restore_oom_score();
    set_process_title("login");
    run_session(heritage);
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

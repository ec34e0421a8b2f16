#include "server/child.hpp"

#include "base/process.hpp"
#include "server/start_error.hpp"

#include <signal.h>

#include <cerrno>

namespace belfry::server {

void Child::signal(int number) const noexcept {
    if (pidfd) {
        base::send_signal(pidfd, number);
    } else {
        ::kill(pid, number);  // not reaped yet, so the pid is still its own
    }
}

Child adopt(shm::ProcessEntry& entry) {
    errno = 0;
    shm::Claimant claimant = shm::open_claimant(entry);
    if (claimant.pidfd) return {claimant.pid, std::move(claimant.pidfd)};
    if (errno == EMFILE || errno == ENFILE) {
        throw StartError{"no file descriptor is left to watch the processes that still run"};
    }
    return {};
}

}  // namespace belfry::server

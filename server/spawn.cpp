#include "server/spawn.hpp"

#include "server/session_in.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace belfry::server {
namespace {

/// Closes all descriptors but three: standard error and the two. Needs no new descriptor to do so,
/// for there may be none. Standard input and output are the supervisor's own: whoever reads them
/// must not wait for children.
void keep_only(int one, int other) noexcept {
    const auto close_all = [](int first, unsigned last) {
        if (static_cast<unsigned>(first) <= last) ::syscall(SYS_close_range, first, last, 0);
    };
    const auto [low, high] = std::minmax(one, other);
    close_all(STDERR_FILENO + 1, static_cast<unsigned>(low) - 1);
    close_all(low + 1, static_cast<unsigned>(high) - 1);
    close_all(high + 1, std::numeric_limits<unsigned>::max());
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::close(null);
}

}  // namespace

pid_t spawn_session(Heritage& heritage, const shm::UniqueFd& alive) noexcept {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    keep_only(heritage.socket.get(), alive.get());
    run_session(heritage);
}

}  // namespace belfry::server

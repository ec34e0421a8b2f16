#include "server/spawn.hpp"

#include "server/session_in.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>

namespace belfry::server {
namespace {

constexpr int socket_place = 3;
constexpr int alive_place = 4;

/// Puts the two descriptors that are kept at known places, and closes all others. Standard input
/// and output are the supervisor's own: whoever reads them must not wait for children.
void keep_only(int socket, int alive) noexcept {
    // First out of each other's way, then to their places.
    const int socket_copy = ::fcntl(socket, F_DUPFD, alive_place + 1);
    const int alive_copy = ::fcntl(alive, F_DUPFD, alive_place + 1);
    if (socket_copy == -1 || alive_copy == -1) ::_exit(EXIT_FAILURE);
    ::dup2(socket_copy, socket_place);
    ::dup2(alive_copy, alive_place);
    ::syscall(SYS_close_range, alive_place + 1, std::numeric_limits<unsigned>::max(), 0);
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
    // The old number was closed with all the others; what is left of its owner must not close
    // whatever has that number next.
    static_cast<void>(heritage.socket.release());
    heritage.socket = shm::UniqueFd{socket_place};
    run_session(heritage);
}

}  // namespace belfry::server

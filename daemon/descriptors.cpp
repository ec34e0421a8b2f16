#include "daemon/descriptors.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace belfry {
inline namespace daemon {

void open_missing_standard_descriptors() noexcept {
    int fd = 0;
    do {
        fd = ::open(null_device, O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) ::close(fd);
}

void close_all_except(std::span<int> kept) noexcept {
    std::ranges::sort(kept);
    int next = STDERR_FILENO + 1;
    const auto close_to = [&next](unsigned last) {
        if (static_cast<unsigned>(next) <= last) ::syscall(SYS_close_range, next, last, 0);
    };
    for (const int fd : kept) {
        if (fd < next) continue;
        close_to(static_cast<unsigned>(fd) - 1);
        next = fd + 1;
    }
    close_to(std::numeric_limits<unsigned>::max());
}

base::UniqueFd open_reserve() noexcept {
    return base::UniqueFd{::open(null_device, O_RDONLY | O_CLOEXEC)};
}

void detach_standard_streams() noexcept {
    const int null = ::open(null_device, O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::close(null);
}

}  // namespace daemon
}  // namespace belfry

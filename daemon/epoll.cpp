#include "daemon/epoll.hpp"

#include <sys/epoll.h>

namespace belfry {
inline namespace daemon {

bool watch_descriptor(const base::UniqueFd& epoll, int fd, std::uint64_t event) noexcept {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = event;
    return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &wanted) == 0;
}

void unwatch_descriptor(const base::UniqueFd& epoll, int fd) noexcept {
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace daemon
}  // namespace belfry

#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>

/// Which descriptors an epoll set watches.
namespace belfry {
inline namespace daemon {

/// Makes the set tell when the descriptor is readable.
/// @param event what the set then gives as `data.u64`
/// @return false with errno if the system is short of memory
[[nodiscard]] bool watch_descriptor(const base::UniqueFd& epoll, int fd,
                                    std::uint64_t event) noexcept;

/// Ends that. It is needed before the descriptor is closed if a child that is just being forked may
/// hold a copy, since the set would otherwise keep watching it.
void unwatch_descriptor(const base::UniqueFd& epoll, int fd) noexcept;

}  // namespace daemon
}  // namespace belfry

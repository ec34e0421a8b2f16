#pragma once

#include "shm/segment.hpp"

#include <cstdint>

namespace belfry::ctl {

/// How much came in the last seconds.
struct Rate {
    double messages_per_s = 0;
    double bytes_per_s = 0;  ///< of records, as they lie in the ring
    double over_s = 0;       ///< the time that was looked at
};

/// Counted from the times that the messages in the ring carry, so it needs no second look. Where
/// the ring begins later than the window, only the time that it holds is looked at. Takes no lock.
/// @param now_ms Unix time
[[nodiscard]] Rate read_rate(const shm::Segment& segment, std::uint64_t window_ms,
                             std::uint64_t now_ms);

}  // namespace belfry::ctl

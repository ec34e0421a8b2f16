#pragma once

#include "shm/segment.hpp"

#include <cstdint>

namespace belfry::ctl {

/// How many messages and bytes per second the log received.
struct Rate {
    double messages_per_s = 0;
    double bytes_per_s = 0;  ///< of whole records in the ring, not only payloads
    double over_s = 0;       ///< the time over which it was measured
};

/// Measures the rate over the last `window_ms`, by the times of the messages in the ring. So one
/// reading of the segment is enough. If the ring does not reach back that far, the window is
/// shorter. Takes no lock.
/// @param now_ms Unix time
[[nodiscard]] Rate read_rate(const shm::Segment& segment, std::uint64_t window_ms,
                             std::uint64_t now_ms);

}  // namespace belfry::ctl

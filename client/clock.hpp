#pragma once

#include <chrono>
#include <optional>

namespace belfry::client {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// A point in time by which something must have happened; none: it may take for ever.
using Deadline = std::optional<TimePoint>;

[[nodiscard]] inline bool has_passed(const Deadline& deadline, TimePoint now) {
    return deadline && *deadline <= now;
}

/// The earlier of the two.
[[nodiscard]] inline Deadline earlier(const Deadline& a, const Deadline& b) {
    if (!a || !b) return a ? a : b;
    return *a < *b ? a : b;
}

}  // namespace belfry::client

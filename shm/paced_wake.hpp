#pragma once

#include "shm/segment.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

namespace belfry::shm {

/// Wakes the sessions after a commit of the archiver. It is a part of news.hpp, and nothing else
/// uses it.
///
/// The sessions that wait for their SENT are woken at once. If many sessions are online, the others
/// are woken a few at a time. Each of them then reads all that has come meanwhile in one piece, and
/// the next commit does not wait until a thousand processes have had their turn.
///
/// Only this object knows which sessions are still to be woken. If its process dies, the supervisor
/// wakes everybody (11).
class PacedWake {
  public:
    explicit PacedWake(Segment& segment) noexcept : segment_{&segment} {}

    /// Begins the wake-up after something has become visible. Wakes all senders, and at least as
    /// many of the others as it takes to reach everybody within half a second in a stream of
    /// commits.
    void begin() noexcept;

    /// Returns whether sessions are still to be woken.
    [[nodiscard]] bool has_more() const noexcept { return left_ != 0; }

    /// Returns how long the log must be quiet before step() may be called.
    [[nodiscard]] std::chrono::nanoseconds timeout() const noexcept { return timeout_; }

    /// Wakes a few more.
    void step() noexcept;

  private:
    void wake_share_of(std::chrono::nanoseconds time, std::chrono::nanoseconds round) noexcept;
    void wake(std::uint32_t count) noexcept;
    [[nodiscard]] std::uint32_t sessions() noexcept;

    Segment* segment_;
    /// This many sessions keep all processors busy for about 50 us.
    std::uint32_t a_few_ = 2 * std::max(1U, std::thread::hardware_concurrency());
    std::uint32_t left_ = 0;  ///< at most this many have slept since before the last begin()
    std::chrono::steady_clock::time_point begun_;
    std::chrono::nanoseconds timeout_{0};
    double due_ = 0;  ///< the fraction of a session that is due and not yet woken
    std::uint32_t sessions_ = 0;
    std::uint32_t counted_at_ = ~0U;  ///< presence_changes, when they were counted
};

}  // namespace belfry::shm

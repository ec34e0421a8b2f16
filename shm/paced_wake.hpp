#pragma once

#include "shm/segment.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

namespace belfry::shm {

/// Wakes the sessions after a commit of the archiver. Those who wait for their SENT are woken at
/// once. Where many are online, the others are woken a few at a time: they take what has come
/// meanwhile in one piece, and the next commit does not wait until a thousand processes have had
/// their turn.
///
/// What is still to be woken is known to this object alone. If its process dies, the supervisor
/// wakes everybody (11).
class PacedWake {
  public:
    explicit PacedWake(Segment& segment) noexcept : segment_{&segment} {}

    /// Something has become visible. Wakes all senders, and of the others at least as many as it
    /// takes to reach everybody within half a second in a stream of commits.
    void begin() noexcept;

    /// Whether somebody is still to be woken.
    [[nodiscard]] bool has_more() const noexcept { return left_ != 0; }

    /// For so long nothing new shall have come before step().
    [[nodiscard]] std::chrono::nanoseconds timeout() const noexcept { return timeout_; }

    /// Wakes a few more.
    void step() noexcept;

  private:
    void wake_share_of(std::chrono::nanoseconds time, std::chrono::nanoseconds round) noexcept;
    void wake(std::uint32_t count) noexcept;
    [[nodiscard]] std::uint32_t sessions() noexcept;

    Segment* segment_;
    /// So many keep all processors busy for about 50 us.
    std::uint32_t a_few_ = 2 * std::max(1U, std::thread::hardware_concurrency());
    std::uint32_t left_ = 0;  ///< at most so many are asleep since before the last begin()
    std::chrono::steady_clock::time_point begun_;
    std::chrono::nanoseconds timeout_{0};
    double due_ = 0;  ///< the part of one that is due, and not yet woken
    std::uint32_t sessions_ = 0;
    std::uint32_t counted_at_ = ~0U;  ///< presence_changes, when they were counted
};

}  // namespace belfry::shm

#pragma once

#include "shm/segment.hpp"

#include <chrono>
#include <cstdint>

namespace belfry::shm {

/// Wakes the sessions after a commit of the archiver. The few who have just sent something wait for
/// their SENT, and are woken at once. Where many are online, all others are woken a few at a time,
/// between one commit and the next: they take what has come meanwhile in one piece, and the next
/// commit does not wait until a thousand processes have had their turn.
///
/// What is still to be woken is known to this object alone. If its process dies, the supervisor
/// wakes everybody (11).
class PacedWake {
  public:
    explicit PacedWake(Segment& segment) noexcept : segment_{&segment} {}

    /// Something has become visible.
    /// @param spent how long that took: an eighth of it may go to waking at the least
    void begin(std::chrono::steady_clock::duration spent) noexcept;

    /// Whether somebody is still to be woken.
    [[nodiscard]] bool has_more() const noexcept { return left_ != 0; }

    /// Whether there is time to wake a few more though others wait for a commit.
    [[nodiscard]] bool has_time() const noexcept {
        return std::chrono::steady_clock::now() < until_;
    }

    /// Wakes a few more, and lets them run.
    void step() noexcept;

  private:
    [[nodiscard]] std::uint32_t online() noexcept;

    Segment* segment_;
    std::uint32_t left_ = 0;  ///< at most so many are asleep since before the last begin()
    std::chrono::steady_clock::time_point until_;
    std::uint32_t online_ = 0;
    std::uint32_t counted_at_ = ~0U;  ///< presence_changes, when online_ was counted
};

}  // namespace belfry::shm

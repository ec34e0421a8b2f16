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
    void begin() noexcept;

    /// Whether somebody is still to be woken.
    [[nodiscard]] bool has_more() const noexcept { return left_ != 0; }

    /// Whether some are to be woken even if others wait for the next commit: in a stream of commits
    /// as many as it takes to reach everybody within a tenth of a second.
    [[nodiscard]] bool has_due() const noexcept { return due_ != 0; }

    /// Wakes one more, and lets it run.
    void step() noexcept;

  private:
    [[nodiscard]] std::uint32_t sessions() noexcept;

    Segment* segment_;
    std::uint32_t left_ = 0;  ///< at most so many are asleep since before the last begin()
    std::uint32_t due_ = 0;   ///< of these, before the next commit
    std::chrono::steady_clock::time_point begun_;
    std::uint32_t sessions_ = 0;
    std::uint32_t counted_at_ = ~0U;  ///< presence_changes, when they were counted
};

}  // namespace belfry::shm

#pragma once

#include "base/clock.hpp"

#include <sys/wait.h>

#include <csignal>

namespace belfry::server {

/// When a process that must always run is started again. One that exits by itself soon after its
/// start may do so again and again, so the next one has to wait. One that was killed is replaced at
/// once. Only the supervisor uses it.
class RestartDelay {
  public:
    /// @param status of waitpid(2)
    [[nodiscard]] static bool was_killed(int status) noexcept {
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }

    /// The process was started.
    void started(base::TimePoint now) noexcept {
        started_ = now;
        due_.reset();
    }

    /// The process could not be started.
    void not_started(base::TimePoint now) noexcept { due_ = now + min_life; }

    /// The process has ended with this status. A process that was taken over, and not started, has
    /// run for long enough.
    void ended(int status, base::TimePoint now) noexcept {
        due_ = was_killed(status) || now > started_ + min_life ? now : now + min_life;
    }

    /// Tells whether a start is due, now or later.
    [[nodiscard]] bool is_waiting() const noexcept { return due_.has_value(); }
    [[nodiscard]] bool is_due(base::TimePoint now) const noexcept {
        return base::has_passed(due_, now);
    }

  private:
    static constexpr std::chrono::seconds min_life{1};

    base::TimePoint started_;
    base::Deadline due_;
};

}  // namespace belfry::server

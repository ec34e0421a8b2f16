#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <deque>

namespace belfry::server {

/// Connections that cannot be served: each is told `too-many-clients`, and kept for at most a
/// second, so that the line arrives. Never waits. By the supervisor alone.
class Refusals {
  public:
    using Clock = std::chrono::steady_clock;

    /// Tells it and keeps it.
    void refuse(base::UniqueFd socket) noexcept;

    /// Closes those whose client has closed, or whose time is over.
    void sweep() noexcept;

    [[nodiscard]] bool empty() const noexcept { return refused_.empty(); }

  private:
    struct Refused {
        base::UniqueFd socket;
        Clock::time_point deadline;
    };

    std::deque<Refused> refused_;
};

}  // namespace belfry::server

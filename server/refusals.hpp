#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <deque>

namespace belfry::server {

/// Connections that cannot be served. Each gets `too-many-clients` and stays open for at most a
/// second, so that the line arrives. No function waits. Only the supervisor uses it.
class Refusals {
  public:
    using Clock = std::chrono::steady_clock;

    /// Sends the line, and keeps the connection open for a while.
    void refuse(base::UniqueFd socket) noexcept;

    /// Closes the connections whose client has closed or whose time has passed.
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

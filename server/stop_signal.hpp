#pragma once

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <span>

namespace belfry::server {

/// SIGTERM in a session child. It stays blocked, but while wait() sleeps: so it is never lost
/// between a look and a sleep, and never interrupts anything else. One per process; wait() by
/// the main thread.
class StopSignal {
  public:
    StopSignal() noexcept;

    /// Waits for the descriptors, the deadline or SIGTERM. May return early for no reason.
    void wait(std::span<pollfd> descriptors,
              std::chrono::steady_clock::time_point deadline) const noexcept;

    /// Whether SIGTERM has come in a wait().
    [[nodiscard]] bool came() const noexcept;

  private:
    sigset_t while_waiting_{};
};

}  // namespace belfry::server

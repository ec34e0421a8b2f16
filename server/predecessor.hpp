#pragma once

#include "base/unique_fd.hpp"
#include "shm/client_table.hpp"

#include <chrono>

namespace belfry::server {

/// The process of the earlier session that this one has taken over. It is asked to exit, and killed
/// if it still runs after kill_timeout, because it may be stopped or stuck. It is already fenced;
/// its exit frees its slot and closes its connection.
class Predecessor {
  public:
    /// Sends SIGTERM to the process.
    Predecessor(const shm::Segment& segment, const shm::OnlineSession& session) noexcept;

    /// Returns a descriptor that is readable once the process has exited; -1 if it had exited
    /// before.
    [[nodiscard]] int fd() const noexcept { return process_.get(); }
    [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept {
        return deadline_;
    }

    /// Waits for its exit, and kills it at the deadline. The process that took over calls it before
    /// it exits itself.
    void wait() noexcept;

    /// Kills it if the deadline has passed. It does not wait.
    /// @return true if the process has exited or was killed
    [[nodiscard]] bool kill_if_due() noexcept;

  private:
    base::UniqueFd process_;
    std::chrono::steady_clock::time_point deadline_;
};

}  // namespace belfry::server

#pragma once

#include "base/unique_fd.hpp"
#include "shm/client_table.hpp"

#include <chrono>

namespace belfry::server {

/// The process of the earlier session that this one has taken over. It is asked to end, and
/// killed if it still runs after kill_timeout: it may be stopped, or stuck. It is fenced already;
/// this frees its slot and closes its connection.
class Predecessor {
  public:
    /// Asks it to end.
    Predecessor(const shm::Segment& segment, const shm::OnlineSession& session) noexcept;

    /// Readable when it has ended; -1: it has.
    [[nodiscard]] int fd() const noexcept { return process_.get(); }
    [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept {
        return deadline_;
    }

    /// Waits for its end, and kills it when its time is over. Before the process that took over
    /// ends.
    void wait() noexcept;

    /// Kills it when its time is over. @return whether there is nothing left to do
    [[nodiscard]] bool settle() noexcept;

  private:
    base::UniqueFd process_;
    std::chrono::steady_clock::time_point deadline_;
};

}  // namespace belfry::server

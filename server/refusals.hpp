#pragma once

#include "base/unique_fd.hpp"
#include "daemon/logger.hpp"
#include "shm/segment.hpp"
#include "shm/session_slots.hpp"
#include "wire/error_code.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

/// Refuses connections and logins. For each of the two kinds at most one line a second is logged,
/// which tells how many earlier refusals were not logged.
namespace belfry::server {

/// Logs at most one line a second, which tells how many earlier ones were not logged.
class RareLine {
  public:
    void log(LogLevel level, const std::string& text);

  private:
    std::chrono::steady_clock::time_point next_;  ///< no line is logged before this time
    std::uint64_t not_logged_ = 0;                ///< since the last line
};

/// Connections that cannot be served. Each gets `too-many-clients` and stays open for at most a
/// second, so that the line arrives. No function waits. Only the supervisor uses it.
class Refusals {
  public:
    using Clock = std::chrono::steady_clock;

    /// Sends the line, keeps the connection open for a while, and logs why it cannot be served.
    void refuse(base::UniqueFd socket, const std::string& why);

    /// Closes the connection of a relay without a line, and logs why it cannot be served.
    void refuse_relay(base::UniqueFd socket, const std::string& why);

    /// Closes the connections whose client has closed or whose time has passed.
    void sweep() noexcept;

    [[nodiscard]] bool empty() const noexcept { return refused_.empty(); }

  private:
    struct Refused {
        base::UniqueFd socket;
        Clock::time_point deadline;
    };

    std::deque<Refused> refused_;
    RareLine line_;
};

/// Counts a refused login, and logs it. The limit holds for all children together. A session child
/// calls it.
void log_refused_login(shm::Segment& segment, std::string_view client_id, wire::ErrorCode code,
                       const shm::Peer& peer) noexcept;

}  // namespace belfry::server

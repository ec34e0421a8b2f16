#pragma once

#include "base/unique_fd.hpp"
#include "daemon/logger.hpp"
#include "server/child.hpp"
#include "server/gate_options.hpp"
#include "server/gate_process.hpp"
#include "server/restart_delay.hpp"
#include "shm/segment.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace belfry::server {

/// Keeps a gate running: starts it, starts another one if it dies, passes reloads on to it, and
/// reads its reports. Only the supervisor uses it.
///
/// The gate writes a line for each report: `ready <Unix time>` when it uses the certificate that
/// expires then, or `ready 0` if it has none; `kept <text>` if it keeps the old one at a reload,
/// and `error <text>` before it exits, because it cannot use what it has.
class GateWatchdog {
  public:
    /// @param socket the path to which relays connect
    /// @param listening the sockets outlive the object
    /// @throws StartError
    GateWatchdog(shm::Segment& segment, GateOptions options, std::filesystem::path socket,
                 GateSockets listening, LogFormat log_format);

    GateWatchdog(const GateWatchdog&) = delete;
    GateWatchdog& operator=(const GateWatchdog&) = delete;
    /// Ends the gate.
    ~GateWatchdog() { stop(); }

    /// Starts the gate, and waits until it accepts connections.
    /// @throws cli::UsageError if the gate cannot use its certificates
    /// @throws StartError if it does not start in time
    void begin();

    /// Returns the descriptor that is readable when a report has arrived. It stays the same.
    [[nodiscard]] int fd() const noexcept { return reports_.get(); }
    void read_reports();

    [[nodiscard]] pid_t pid() const noexcept { return gate_.pid; }

    /// Handles the exit of the gate, as ArchiverWatchdog::ended().
    /// @param status the status of waitpid(2)
    void ended(int status);

    /// Tells whether look_after() still has to start a gate.
    [[nodiscard]] bool is_waiting() const noexcept { return delay_.is_waiting(); }
    /// Starts the gate if its time has come, kills one that does not become ready, and warns of a
    /// certificate that expires soon. The supervisor calls it in each turn of its loop.
    void look_after();

    /// Starts no other gate from now on, because the server stops.
    void expect_end() noexcept { end_is_expected_ = true; }

    /// Lets the gate load its certificates again.
    void reload();

    /// Ends the gate. Its relays go on.
    void stop() noexcept;

  private:
    using Clock = std::chrono::steady_clock;

    void start();
    void wait_until_ready();
    void forget() noexcept;
    void handle(std::string_view report);
    void use_certificate(std::chrono::seconds expires);
    void warn_of_expiry();

    shm::Segment* segment_;
    std::filesystem::path program_;
    GateOptions options_;
    std::filesystem::path socket_;
    GateSockets listening_;
    LogFormat log_format_;
    base::UniqueFd reports_;     ///< our end of the pair
    base::UniqueFd supervisor_;  ///< the end that each gate inherits
    std::string unread_;         ///< the beginning of a report
    Child gate_;
    RestartDelay delay_;
    Clock::time_point ready_by_;
    Clock::time_point next_warning_;
    std::string error_;  ///< the last reported error; empty if the gate has been ready since
    bool end_is_expected_ = false;
    bool ready_ = false;
    bool has_started_ = false;  ///< a gate has been ready, so the server has started
    bool reload_due_ = false;   ///< a reload was asked for while the gate was not ready
};

/// Ends the gate that an earlier supervisor has left. It may still be about to end by itself.
/// @throws StartError if no descriptor is left
void end_former_gate(shm::Segment& segment);

}  // namespace belfry::server

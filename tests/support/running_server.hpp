#pragma once

#include "tests/support/proc.hpp"
#include "tests/support/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// The default time to wait for a start. It syncs files, for which a busy disk may take seconds.
inline constexpr Milliseconds start_wait{30'000};

/// The processes and the segment of a real belfryd. The destructor leaves no process and no segment
/// behind, however belfryd has ended. The data directory belongs to the caller, and must outlive
/// this object.
class RunningServer {
  public:
    RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;
    ~RunningServer();

    /// Starts belfryd and waits until it listens. May be called again after belfryd has ended.
    /// @param command starts a belfryd that leads its own process session and listens on 127.0.0.1
    /// @throws Failure if belfryd does not listen in time
    void start(const Invocation& command, Milliseconds within = start_wait);

    /// Ends belfryd with SIGTERM, and returns its exit status.
    int stop(Milliseconds within = default_wait);

    /// Sends SIGKILL to the supervisor alone. Its children continue.
    void kill_supervisor();

    /// Sends SIGKILL to the supervisor and all children.
    void kill_all();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Returns the port for TLS connections; 0 if there is none.
    [[nodiscard]] std::uint16_t tls_port() const { return tls_port_; }

    /// Returns the address of the page, as belfryd prints it; empty if there is none.
    [[nodiscard]] const std::string& page() const { return page_; }

    /// Returns the port of the page; 0 if there is none.
    [[nodiscard]] std::uint16_t web_port() const;

    /// Returns the last supervisor that was started. It leads the process session of its children.
    [[nodiscard]] pid_t pid() const { return belfryd_->pid(); }
    [[nodiscard]] bool was_started() const { return belfryd_.has_value(); }
    [[nodiscard]] bool is_running() { return belfryd_ && belfryd_->is_running(); }
    [[nodiscard]] std::string output() const { return belfryd_->out(); }
    [[nodiscard]] std::string errors() const { return belfryd_->err(); }

    /// Returns the milliseconds from the last start to the line that says that belfryd listens.
    [[nodiscard]] double ready_after_ms() const { return ready_after_ms_; }

    /// Sends SIGTERM to the supervisor.
    void terminate() const { belfryd_->signal(SIGTERM); }

    /// Returns the running processes of this server, including orphans of a killed supervisor.
    [[nodiscard]] std::vector<pid_t> all_processes() const;

    /// Returns the same processes without the supervisor.
    [[nodiscard]] std::vector<pid_t> children() const;

    /// Returns the segment that one of its supervisors created, from the kernel's own list.
    [[nodiscard]] std::optional<SegmentInfo> segment() const;

    /// Removes every segment that one of its supervisors created.
    void remove_segments() const;

  private:
    void wait_until_ready(Clock::time_point started, Milliseconds within);
    void kill_children() const;
    void reap_orphans() const;
    void forget_ended_leaders();

    std::optional<Process> belfryd_;
    std::vector<pid_t> leaders_;  ///< every belfryd that was started here and has left something
    std::vector<int> not_ours_;   ///< older segments: pids are reused
    std::uint16_t port_ = 0;
    std::uint16_t tls_port_ = 0;
    std::string page_;
    double ready_after_ms_ = 0;
};

}  // namespace belfry::test

#pragma once

#include "tests/support/proc.hpp"
#include "tests/support/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// The processes and the segment of a real belfryd. Whatever has killed them, the destructor leaves
/// no process and no segment behind. The data directory belongs to the caller, and must outlive
/// this object.
class RunningServer {
  public:
    RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;
    ~RunningServer();

    /// Starts belfryd and waits until it listens. May be called again after belfryd has ended.
    /// @param command whose belfryd leads a process session of its own and listens on 127.0.0.1
    /// @throws Failure if it does not listen in time
    void start(const Invocation& command, Milliseconds within = default_wait);

    /// Ends belfryd with SIGTERM; returns its exit status.
    int stop(Milliseconds within = default_wait);

    /// SIGKILL for the supervisor alone: its children go on.
    void kill_supervisor();

    /// SIGKILL for the supervisor and all children.
    void kill_all();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// The last supervisor that was started. It leads the process session of its children.
    [[nodiscard]] pid_t pid() const { return belfryd_->pid(); }
    [[nodiscard]] bool was_started() const { return belfryd_.has_value(); }
    [[nodiscard]] bool is_running() { return belfryd_ && belfryd_->is_running(); }
    [[nodiscard]] std::string errors() const { return belfryd_->err(); }

    /// Milliseconds from the last start to the line that says that it listens.
    [[nodiscard]] double ready_after_ms() const { return ready_after_ms_; }

    /// Sends SIGTERM to the supervisor.
    void terminate() const { belfryd_->signal(SIGTERM); }

    /// The processes of this server that live, orphans of a killed supervisor included.
    [[nodiscard]] std::vector<pid_t> all_processes() const;

    /// The same without the supervisor.
    [[nodiscard]] std::vector<pid_t> children() const;

    /// The segment that one of its supervisors created, by the kernel's own list.
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
    std::vector<int> not_ours_;   ///< segments that were there before: a pid may come again
    std::uint16_t port_ = 0;
    double ready_after_ms_ = 0;
};

}  // namespace belfry::test

#pragma once

#include "base/unique_fd.hpp"
#include "shm/segment.hpp"

#include <sys/types.h>

#include <chrono>

/// These functions find out from the entries in a server's segment which of its processes are
/// alive. They take no lock, and do not look at the data directory.
namespace belfry::ctl {

/// Returns the pid of the process that has claimed the entry; 0 if there is none or it is dead.
[[nodiscard]] pid_t live_pid(const shm::ProcessEntry& entry) noexcept;

/// Tells whether any process of the segment's server is alive.
[[nodiscard]] bool is_anybody_alive(const shm::Segment& segment) noexcept;

/// Watches whether any process of the segment's server is still alive. Sessions may outlive their
/// supervisor, and another supervisor may take them over.
class ServerMonitor {
  public:
    /// @param segment must outlive the monitor
    explicit ServerMonitor(const shm::Segment& segment) : segment_{segment} { open_supervisor(); }

    /// Returns a descriptor that becomes readable when the supervisor exits; -1 if none is alive.
    [[nodiscard]] int fd() const noexcept { return supervisor_.get(); }

    /// Tells whether a process is alive. While there is no supervisor, the entries are read only
    /// once a second, and the answer in between is true.
    [[nodiscard]] bool is_server_alive();

  private:
    void open_supervisor();

    const shm::Segment& segment_;
    base::UniqueFd supervisor_;
    std::chrono::steady_clock::time_point next_scan_;
};

}  // namespace belfry::ctl

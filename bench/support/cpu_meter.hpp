#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <utility>

namespace belfry::bench {

/// Processor time of all threads of all processes of a process session, as the scheduler counts it
/// (/proc/PID/task/TID/schedstat). Who has ended counts with what was read last.
class CpuMeter {
  public:
    /// @param session its leader
    explicit CpuMeter(pid_t session) : session_{session} {}

    /// Reads all, and adds up. Seconds since the start of each.
    [[nodiscard]] double seconds();

  private:
    void read_process(pid_t pid);

    pid_t session_;
    std::map<std::pair<pid_t, pid_t>, std::uint64_t> nanoseconds_;  ///< by process and thread
};

}  // namespace belfry::bench

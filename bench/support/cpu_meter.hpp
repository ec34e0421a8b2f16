#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <utility>

namespace belfry::bench {

/// The processor time of all threads of all processes of a process session, as the scheduler counts
/// it (/proc/PID/task/TID/schedstat). A thread that has ended counts with the value that was read
/// last.
class CpuMeter {
  public:
    /// @param session the pid of its leader
    explicit CpuMeter(pid_t session) : session_{session} {}

    /// Reads the times of all threads, and returns their sum in seconds since the start of each
    /// thread.
    [[nodiscard]] double seconds();

  private:
    void read_process(pid_t pid);

    pid_t session_;
    std::map<std::pair<pid_t, pid_t>, std::uint64_t> nanoseconds_;  ///< by process and thread
};

}  // namespace belfry::bench

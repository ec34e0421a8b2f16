#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

/// Functions that look at other processes and signal them. A pid alone may be reused by another
/// process. Together with the start time it names one process until the machine is rebooted.
namespace belfry::base {

struct ProcessId {
    pid_t pid = 0;
    std::uint64_t start_time = 0;  ///< clock ticks since boot, field 22 of /proc/PID/stat
};

/// Returns the start time of a process, as in ProcessId; nothing if there is no such process.
[[nodiscard]] std::optional<std::uint64_t> start_time_of(pid_t pid) noexcept;

/// Tells whether the process is stopped by a signal. A process that a debugger has stopped does not
/// count.
[[nodiscard]] bool is_stopped(pid_t pid) noexcept;

/// Opens a pidfd (pidfd_open(2)). Empty if there is no such process or no descriptor is left.
[[nodiscard]] UniqueFd open_pidfd(pid_t pid) noexcept;

/// Opens a pidfd of the process. Empty if the pid belongs to another process by now, or the process
/// is a zombie, or this process may not signal it.
[[nodiscard]] UniqueFd open_process(ProcessId process) noexcept;

/// Raises this process's limit of open descriptors to the hard limit. If `needed` is above that,
/// raises both limits to `needed` if the system permits it.
/// @return the limit after the call
std::uint64_t raise_descriptor_limit(std::uint64_t needed = 0) noexcept;

/// Sends a signal. It is not an error if the process has already ended.
void send_signal(const UniqueFd& pidfd, int signal) noexcept;

/// Waits until the process has ended. @return false if it is still running at the deadline
[[nodiscard]] bool wait_for_end(const UniqueFd& pidfd,
                                std::chrono::steady_clock::time_point deadline) noexcept;

/// Ends a process by SIGTERM, and by SIGKILL if it has not exited after the timeout.
/// @return false if it is still running 10 s after SIGKILL
[[nodiscard]] bool end_process(const UniqueFd& pidfd,
                               std::chrono::milliseconds term_timeout) noexcept;

}  // namespace belfry::base

#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

/// Other processes, as the kernel shows them. A pid alone may be somebody else's by now: with
/// its start time it names one process for as long as the machine runs.
namespace belfry::base {

struct ProcessId {
    pid_t pid = 0;
    std::uint64_t start_time = 0;  ///< clock ticks since boot, field 22 of /proc/PID/stat
};

/// None: there is no such process.
[[nodiscard]] std::optional<std::uint64_t> start_time_of(pid_t pid) noexcept;

/// Whether it is stopped by a signal. A process that a debugger holds is not.
[[nodiscard]] bool is_stopped(pid_t pid) noexcept;

/// Empty: there is no such process, or no descriptor is left.
[[nodiscard]] UniqueFd open_pidfd(pid_t pid) noexcept;

/// Opens the process only if it is still the one that started at that time, is not a zombie, and
/// may get signals from this process.
[[nodiscard]] UniqueFd open_process(ProcessId process) noexcept;

/// As many descriptors as this process may have: one for each process that is watched. More than
/// that, up to `needed`, where the system lets it. @return the limit that it has then
std::uint64_t raise_descriptor_limit(std::uint64_t needed = 0) noexcept;

/// Sends a signal; a process that has ended meanwhile is no fault.
void send_signal(const UniqueFd& pidfd, int signal) noexcept;

/// Waits until the process has ended. @return false: it has not by the deadline
[[nodiscard]] bool wait_for_end(const UniqueFd& pidfd,
                                std::chrono::steady_clock::time_point deadline) noexcept;

}  // namespace belfry::base

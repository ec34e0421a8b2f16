#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the kernel says about processes and shared memory. The tests believe the kernel, not the
/// programs under test.
namespace belfry::test {

struct ProcessInfo {
    pid_t pid;
    char state;  ///< as in /proc/PID/stat: R, S, D, T, Z
    pid_t parent;
    pid_t session;
    std::uint64_t start_time;  ///< tells a process from a later one with the same pid
};

/// None where there is no such process.
[[nodiscard]] std::optional<ProcessInfo> process_info(pid_t pid);

/// All processes of the machine.
[[nodiscard]] std::vector<ProcessInfo> processes();

/// Whether the process exists and is more than a zombie.
[[nodiscard]] bool is_alive(pid_t pid);

/// Memory that the process alone holds (RssAnon), in KiB. The segment does not count.
[[nodiscard]] std::uint64_t private_memory_kib(pid_t pid);

/// The flags of each of its mappings of a shared memory segment, as /proc/PID/smaps shows them
/// (`rd wr sh `).
[[nodiscard]] std::vector<std::string> mapping_flags(pid_t pid, int shmid);

/// How many descriptors the process has open.
[[nodiscard]] std::size_t open_descriptors(pid_t pid);

struct SegmentInfo {
    int shmid;
    unsigned mode;  ///< the permissions
    std::uint64_t bytes;
    pid_t creator;
    std::uint64_t attached;
};

/// All System V shared memory segments, as `ipcs -m` lists them.
[[nodiscard]] std::vector<SegmentInfo> segments();

}  // namespace belfry::test

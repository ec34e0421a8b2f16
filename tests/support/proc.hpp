#pragma once

#include <sys/shm.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Facts about processes and shared memory, as the kernel reports them. The tests trust the kernel,
/// not the programs under test.
namespace belfry::test {

struct ProcessInfo {
    pid_t pid;
    char state;  ///< as in /proc/PID/stat: R, S, D, T, Z
    pid_t parent;
    pid_t session;
    std::uint64_t start_time;  ///< distinguishes a process from a later one with the same pid
};

/// Returns the facts about a process; none if there is no such process.
[[nodiscard]] std::optional<ProcessInfo> process_info(pid_t pid);

/// Returns all processes of the machine.
[[nodiscard]] std::vector<ProcessInfo> processes();

/// Returns the title that ps shows, which is the command line up to the first NUL; empty if there
/// is no such process.
[[nodiscard]] std::string title_of(pid_t pid);

/// True if the process exists and is not a zombie.
[[nodiscard]] bool is_alive(pid_t pid);

/// True if no thread of the process runs: it is stopped by a signal, a zombie, or gone.
[[nodiscard]] bool is_at_rest(pid_t pid);

/// Returns the anonymous memory of the process (RssAnon) in KiB. The segment does not count.
[[nodiscard]] std::uint64_t private_memory_kib(pid_t pid);

/// Returns the flags of each mapping of the segment in the process, as /proc/PID/smaps shows them
/// (`rd wr sh `).
[[nodiscard]] std::vector<std::string> mapping_flags(pid_t pid, int shmid);

/// Returns how many descriptors the process has open.
[[nodiscard]] std::size_t open_descriptors(pid_t pid);

struct SegmentInfo {
    int shmid;
    unsigned mode;  ///< the permissions
    std::uint64_t bytes;
    pid_t creator;
    std::uint64_t attached;
};

/// Returns all System V shared memory segments, as `ipcs -m` lists them.
[[nodiscard]] std::vector<SegmentInfo> segments();

/// Returns the facts about a segment of shared memory; none if there is no such segment.
[[nodiscard]] std::optional<shmid_ds> segment_info(int shmid);

}  // namespace belfry::test

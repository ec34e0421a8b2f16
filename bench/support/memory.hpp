#pragma once

#include <sys/types.h>

/// Figures of the kernel about memory, in KiB.
namespace belfry::bench {

/// Figures of the whole machine, from /proc/meminfo.
struct MachineMemory {
    double available = 0;      ///< memory that processes could still get
    double page_tables = 0;    ///< of all processes
    double kernel_stacks = 0;  ///< of all threads
    double slab = 0;  ///< kernel objects that cannot be reclaimed: tasks, sockets, mappings
};

[[nodiscard]] MachineMemory machine_memory();

/// Returns the anonymous memory of the processes of a process session in KiB: heaps, stacks and
/// written pages of programs. Shared pages count proportionally (Pss_Anon of
/// /proc/PID/smaps_rollup).
[[nodiscard]] double private_memory(pid_t session);

/// Returns the same of this process alone.
[[nodiscard]] double private_memory_of_this_process();

}  // namespace belfry::bench

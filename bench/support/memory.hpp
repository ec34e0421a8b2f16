#pragma once

#include <sys/types.h>

/// What the kernel says about memory, in KiB.
namespace belfry::bench {

/// /proc/meminfo.
struct MachineMemory {
    double available = 0;      ///< what could still be given to processes
    double page_tables = 0;    ///< of all processes
    double kernel_stacks = 0;  ///< of all threads
    double slab = 0;  ///< kernel objects that cannot be reclaimed: tasks, sockets, mappings
};

[[nodiscard]] MachineMemory machine_memory();

/// Anonymous memory of the processes of a process session, in KiB, pages that several share shared
/// out (Pss_Anon of /proc/PID/smaps_rollup): written pages of programs, heaps and stacks.
[[nodiscard]] double private_memory(pid_t session);

}  // namespace belfry::bench

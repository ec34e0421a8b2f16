#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace belfry::test {

/// The memory through which a test makes the disk and the clock of other processes fail. It lies in
/// the file that $BELFRY_FAULTS names, and all of them map it. A new file holds zeros, which mean a
/// disk without a fault. The test writes the switches, and the processes write the rest. It serves
/// one database with one writer at a time.
///
/// It consists of atomics of a fixed width, so a process that is killed leaves no half-written
/// value.
struct FaultControl {
    using Switch = std::atomic<std::uint32_t>;  ///< 0 or 1
    using Count = std::atomic<std::uint64_t>;
    using Pid = std::atomic<pid_t>;
    using Milliseconds = std::atomic<std::int64_t>;

    Switch full;        ///< writes and truncations fail with SQLITE_FULL
    Switch io_error;    ///< writes fail with SQLITE_IOERR_WRITE, syncs with SQLITE_IOERR_FSYNC
    Switch sync_error;  ///< only syncs fail: written data can be read, but is not durable
    Switch read_error;  ///< reads of the database and the WAL fail with SQLITE_IOERR_READ
    Switch hold_syncs;  ///< syncs wait until this is 0 again

    /// The process that waits in a held sync; 0 if there is none. The pid of a process that was
    /// killed there stays here until the next sync is held.
    Pid waiting_pid;

    Count wal_syncs;   ///< successful syncs of the WAL
    Count db_syncs;    ///< successful syncs of the database file
    Count wal_writes;  ///< writes to the WAL: two for every page, and one for its header

    Count wal_written_bytes;  ///< the end of the last page (or header) written to the WAL
    Count wal_synced_bytes;   ///< its value when the last completed sync of the WAL began

    Milliseconds clock_shift;  ///< how far CLOCK_REALTIME is ahead of the true time
};

static_assert(FaultControl::Milliseconds::is_always_lock_free);
static_assert(FaultControl::Switch::is_always_lock_free);
static_assert(FaultControl::Count::is_always_lock_free);
static_assert(FaultControl::Pid::is_always_lock_free);

}  // namespace belfry::test

#pragma once

#include "tests/support/fault_control.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace belfry::test {

/// The disk under a SQLite database of real, unmodified programs. It can be full, fail, be slow,
/// and lose writes that were not synced. The clock of these programs can be set too. At first
/// nothing fails. Programs that are started with its environment(), and their forked children, use
/// it.
///
/// Every function may be called at any time, from any thread, and affects all processes at once.
/// The object must outlive the programs that use it, since its destructor does not release held
/// syncs.
class FaultyDisk {
  public:
    FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    /// Returns the environment with which a program must be started.
    [[nodiscard]] Environment environment() const;

    /// Makes writes and truncations fail with SQLITE_FULL.
    void fill_up() { control_->full = 1; }
    void make_room() { control_->full = 0; }

    /// Makes writes fail with SQLITE_IOERR_WRITE and syncs with SQLITE_IOERR_FSYNC.
    void fail_writes() { control_->io_error = 1; }

    /// Makes only syncs fail. A commit that fails this way has nevertheless been written.
    void fail_syncs() { control_->sync_error = 1; }

    /// Makes reads of the database and the WAL fail with SQLITE_IOERR_READ. A process can still
    /// read what it has in memory: the pages in its cache and all of -shm.
    void fail_reads() { control_->read_error = 1; }

    /// Ends the effect of all fail_ functions.
    void mend();

    /// Holds every sync from now on: the process waits after it has written and before the real
    /// sync. Only the sync of a new WAL's header is not held, which SQLite does before it writes
    /// the first commit there.
    void hold_syncs() { control_->hold_syncs = 1; }

    /// Releases all held syncs. When it returns, no living process waits in a held sync.
    void release_syncs();

    /// Waits for a process that is held in a sync, and returns its pid. Throws Failure if none
    /// comes in time.
    /// @param other_than a process that does not count, because it was killed in a held sync
    pid_t wait_for_held_sync(pid_t other_than = 0) const;

    /// Returns the number of completed syncs of the WAL. With synchronous=FULL each commit is one
    /// sync, but the first commit of a new WAL is two, since the header is synced before it. A
    /// checkpoint is one.
    [[nodiscard]] std::uint64_t wal_syncs() const { return control_->wal_syncs; }

    /// Returns the number of completed syncs of the database file: those of checkpoints, and those
    /// before WAL mode.
    [[nodiscard]] std::uint64_t db_syncs() const { return control_->db_syncs; }

    /// Returns the number of writes to the WAL: two for every page, and one for its header.
    [[nodiscard]] std::uint64_t wal_writes() const { return control_->wal_writes; }

    /// Does what a power cut does: removes from the WAL what was written after its last completed
    /// sync. Every process that uses the database must have been killed before.
    void lose_what_was_not_synced(const std::filesystem::path& database) const;

    /// Sets the wall clock of these programs ahead of the true one. Other programs on the machine
    /// are not affected.
    void shift_clock(std::chrono::milliseconds ahead) { control_->clock_shift = ahead.count(); }

  private:
    [[nodiscard]] std::filesystem::path control_file() const { return folder_.path() / "faults"; }

    TempDir folder_;
    FaultControl* control_;
};

}  // namespace belfry::test

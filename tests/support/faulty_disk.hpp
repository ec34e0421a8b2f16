#pragma once

#include "tests/support/fault_control.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace belfry::test {

/// The disk under a SQLite database of real, unmodified programs: it can be full, fail, be slow,
/// and forget what was not synced. So can their clock be set. It begins without a fault. Programs
/// that are started with its environment() are on it, and their forked children.
///
/// Everything can be called at any time, from any thread, and works at once on all processes. Let
/// it outlive what was started on it: its destructor releases nobody.
class FaultyDisk {
  public:
    FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    /// What a program must be started with.
    [[nodiscard]] Environment environment() const;

    /// Nothing can be written, nor truncated: SQLITE_FULL.
    void fill_up() { control_->full = 1; }
    void make_room() { control_->full = 0; }

    /// Writes and syncs fail: SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC.
    void fail_writes() { control_->io_error = 1; }

    /// Syncs alone fail. A commit that fails so has been written all the same.
    void fail_syncs() { control_->sync_error = 1; }

    /// Database and WAL cannot be read: SQLITE_IOERR_READ. What a process has in memory, the pages
    /// in its cache and all of -shm, can.
    void fail_reads() { control_->read_error = 1; }

    /// Ends what the fail_ functions began.
    void mend();

    /// From now on who syncs waits, after it has written and before the real sync. Only the sync
    /// of a new WAL's header goes on, which SQLite does before it writes a commit there.
    void hold_syncs() { control_->hold_syncs = 1; }

    /// Lets all syncs go on. When it returns, no living process waits in a held one.
    void release_syncs();

    /// The process that waits in a held sync, as soon as there is one. Throws Failure where none
    /// comes in time.
    /// @param other_than one that does not count: it was killed there
    pid_t wait_for_held_sync(pid_t other_than = 0) const;

    /// Completed syncs of the WAL. With synchronous=FULL each commit is one; the first of a new
    /// WAL is two, since its header is synced before; a checkpoint is one.
    [[nodiscard]] std::uint64_t wal_syncs() const { return control_->wal_syncs; }

    /// Completed syncs of the database file: checkpoints, and what was done before WAL mode.
    [[nodiscard]] std::uint64_t db_syncs() const { return control_->db_syncs; }

    /// Writes to the WAL: two for every page, one for its header.
    [[nodiscard]] std::uint64_t wal_writes() const { return control_->wal_writes; }

    /// What a power cut does: takes from the WAL what was written after its last completed sync.
    /// Everything that uses the database must have been killed before.
    void lose_what_was_not_synced(const std::filesystem::path& database) const;

    /// Sets the wall clock of these programs, which nothing else on the machine sees, by so much
    /// ahead of the true one.
    void shift_clock(std::chrono::milliseconds ahead) { control_->clock_shift = ahead.count(); }

  private:
    [[nodiscard]] std::filesystem::path control_file() const { return folder_.path() / "faults"; }

    TempDir folder_;
    FaultControl* control_;
};

}  // namespace belfry::test

#pragma once

#include "base/placed_file.hpp"
#include "store/store_lock.hpp"

#include <filesystem>
#include <vector>

namespace belfry::store {

/// Call it before the lock is taken: of a data directory that vanished, the loss of the store is
/// what to report. @throws StoreError where there is none
void require_store(const std::filesystem::path& data_dir);

/// The files of a store that is open for writing, each at its path. SQLite goes on writing to files
/// that were deleted or moved away, and syncs them: what it commits there is lost with the process.
class StoreFiles {
  public:
    /// Before the store is opened. @throws StoreError where there is none, or `store-lock` is not
    /// the lock that this process holds
    StoreFiles(const std::filesystem::path& data_dir, const StoreLock& lock);

    /// After the first commit, which made the write-ahead log.
    void add_write_ahead_log();

    /// For after each commit: what it wrote is in the store at its path. Two calls of statx(2).
    /// @throws StoreError where a file that holds messages is not in its place
    void require_database() const;

    /// For once a second: the same, and the files that keep others out or tell readers what is new.
    /// @throws StoreError
    void require_all() const;

    /// Whether all that holds messages is in its place.
    [[nodiscard]] bool has_database() const noexcept;

    /// Call it before the store is opened again. @throws StoreError where another database lies
    /// beside the write-ahead log of this one, which would damage it
    void require_no_old_write_ahead_log() const;

  private:
    std::vector<base::PlacedFile> database_;  ///< where messages are: `belfry.db`, `-wal`
    std::vector<base::PlacedFile> others_;    ///< `store-lock`, and the index `-shm`
};

}  // namespace belfry::store

#pragma once

#include "base/placed_file.hpp"
#include "store/store_lock.hpp"

#include <filesystem>
#include <vector>

namespace belfry::store {

/// Requires that the store exists. It must be called before its lock is taken. Otherwise the loss
/// of the whole data directory would be reported as a missing lock file. @throws StoreError if
/// there is no store
void require_store(const std::filesystem::path& data_dir);

/// Checks that the files of a store that is open for writing are still at their paths. SQLite goes
/// on writing to files that were deleted or moved away. Commits to a deleted file are lost with the
/// process.
class StoreFiles {
  public:
    /// Remembers the files that are there before the store is opened.
    /// @throws StoreError if there is no store, or `store-lock` is not the file that this process
    /// has locked
    StoreFiles(const std::filesystem::path& data_dir, const StoreLock& lock);

    /// Remembers the files of the write-ahead log. It must be called after the first commit, which
    /// creates them. @throws StoreError as require_all()
    void add_write_ahead_log();

    /// Requires that the files with messages are at their paths. The archiver calls it after each
    /// commit; it costs two calls of statx(2). @throws StoreError if one is not
    void require_database() const;

    /// Requires that all files of the store are at their paths, including the lock file and the
    /// index of the write-ahead log. The archiver calls it once a second. @throws StoreError if one
    /// is not
    void require_all() const;

    /// Tells whether the files with messages are at their paths.
    [[nodiscard]] bool has_database() const noexcept;

    /// Requires that no other database lies beside the write-ahead log of this one, because the log
    /// would damage it. It must be called before the store is opened again. @throws StoreError
    void require_no_old_write_ahead_log() const;

  private:
    std::vector<base::PlacedFile> database_;  ///< the files with messages: `belfry.db`, `-wal`
    std::vector<base::PlacedFile> others_;    ///< `store-lock`, and the index `-shm`
};

}  // namespace belfry::store

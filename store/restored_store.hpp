#pragma once

#include "store/new_database.hpp"
#include "store/saved_log.hpp"
#include "store/store_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace belfry::store {

/// Builds the store of a data directory from the messages and clients of an export or a segment.
/// The store appears complete, with finish(), or not at all. The directory must have no store and
/// no server, and the caller must hold its lock. All functions may throw StoreError.
class RestoredStore {
  public:
    /// Starts with an empty store. Removes the temporary files of an earlier attempt that was
    /// killed.
    explicit RestoredStore(const std::filesystem::path& data_dir);

    /// Adds a message. Its id must be above the ids that were added before.
    void add(const Message& message);

    /// Adds the clients and the state of the log, and moves the store to its path. The object must
    /// not be used afterwards.
    void finish(const SavedLog& log);

  private:
    NewDatabase database_;
    std::optional<StoreWriter> writer_;  ///< empty after finish()
    std::uint64_t added_ = 0;            ///< messages since the last commit
};

}  // namespace belfry::store

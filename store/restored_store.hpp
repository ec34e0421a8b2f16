#pragma once

#include "store/new_database.hpp"
#include "store/saved_log.hpp"
#include "store/store_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace belfry::store {

/// A store that is made from what another one held. It appears whole with finish(), or not at all.
/// By one process, for a data directory without a store and without a server. Everything throws
/// StoreError.
class RestoredStore {
  public:
    /// Removes what an earlier one, which was killed, left beside the store.
    explicit RestoredStore(const std::filesystem::path& data_dir);

    /// Adds a message, behind those that were added before.
    void add(const Message& message);

    /// Adds the clients and what is known of the log, and puts the store in its place. It is of no
    /// more use afterwards.
    void finish(const SavedLog& log);

  private:
    NewDatabase database_;
    std::optional<StoreWriter> writer_;  ///< none: finished
    std::uint64_t added_ = 0;            ///< since the last commit
};

}  // namespace belfry::store

#pragma once

#include "store/database.hpp"
#include "store/saved_log.hpp"
#include "store/store_error.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace belfry::store {

/// Reads messages. Any process that may, on a connection of its own, opened after the fork; one per
/// thread. No statement is open between two calls, so that a reader that is slow elsewhere does not
/// keep the WAL growing. All of it throws StoreError.
class StoreReader {
  public:
    explicit StoreReader(const std::filesystem::path& data_dir);
    StoreReader(const StoreReader&) = delete;
    StoreReader& operator=(const StoreReader&) = delete;
    ~StoreReader() = default;

    /// While it lives, all that is read is of one moment. It keeps the WAL growing: not for long.
    class Snapshot {
      public:
        explicit Snapshot(StoreReader& reader) : database_{reader.database_} {
            database_.execute("BEGIN");
        }
        Snapshot(const Snapshot&) = delete;
        Snapshot& operator=(const Snapshot&) = delete;
        ~Snapshot();

      private:
        Database& database_;
    };

    /// Takes a message, whose views are valid during the call. @return whether more is wanted
    using Take = std::function<bool(const Message&)>;

    /// Hands over the messages from `from` on, in order and without a hole, to `to` at the most.
    /// Stops before what is missing or cannot be read. Throws only where it has handed nothing
    /// over.
    /// @return the first id that was not handed over
    [[nodiscard]] std::uint64_t read(std::uint64_t from, std::uint64_t to, const Take& take);

    /// The first message from `from` to `to` that can be read; to + 1: none can. For what read()
    /// stopped before. Where the disk gives none of them it throws: it may come back. Where it does
    /// not give some, or very many are damaged, a few between them may be passed over.
    [[nodiscard]] std::uint64_t next_readable(std::uint64_t from, std::uint64_t to);

    /// The oldest message in the store; 0 where there is none.
    [[nodiscard]] std::uint64_t first_id();

    /// Of which log the store is.
    [[nodiscard]] std::string epoch() { return read_epoch(database_); }

    /// The newest message that ever was in the store.
    [[nodiscard]] std::uint64_t last_id() { return read_last_id(database_); }

    /// The highest seq up to `max_seq` of the messages of that sender; 0: none. Looks at every
    /// message, in many short transactions.
    [[nodiscard]] std::uint64_t highest_seq(std::string_view sender, std::uint64_t max_seq);

    [[nodiscard]] SavedLog saved_log() { return read_saved_log(database_); }

  private:
    [[nodiscard]] bool can_read(std::uint64_t from, std::uint64_t to);

    Database database_;
    Statement select_;
    std::uint64_t found_ = 0;               ///< by can_read()
    std::optional<StoreError> last_error_;  ///< that can_read() met
};

}  // namespace belfry::store

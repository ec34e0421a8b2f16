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

/// Reads messages from the store, on its own connection. Any process that may read the store can
/// use it: one object per thread, made after the fork. No statement is open between two calls, so a
/// slow caller does not keep the WAL growing. All functions may throw StoreError.
class StoreReader {
  public:
    /// Opens the store.
    explicit StoreReader(const std::filesystem::path& data_dir);
    StoreReader(const StoreReader&) = delete;
    StoreReader& operator=(const StoreReader&) = delete;
    ~StoreReader() = default;

    /// A read transaction: while the object exists, all reads see the store at one moment. It keeps
    /// the WAL growing, so it must not exist for long.
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

    /// A callback that takes a message, whose views are valid during the call.
    /// @return false to stop
    using Take = std::function<bool(const Message&)>;

    /// Passes the messages from `from` to `to` to `take`, in order. Stops before the first message
    /// that is missing or cannot be read. Throws other errors only if it has passed no message.
    /// @return the first id that was not passed
    [[nodiscard]] std::uint64_t read(std::uint64_t from, std::uint64_t to, const Take& take);

    /// Finds the first message from `from` to `to` that can be read, after read() has stopped. If
    /// the disk can read none of them, it throws, since the disk may recover. If the disk cannot
    /// read some of them, or very many are damaged, a few readable messages between them may be
    /// skipped.
    /// @return to + 1 if there is none
    [[nodiscard]] std::uint64_t next_readable(std::uint64_t from, std::uint64_t to);

    /// Returns the id of the oldest message in the store; 0 if there is none.
    [[nodiscard]] std::uint64_t first_id() { return read_oldest_id(database_); }

    /// Returns the epoch of the log.
    [[nodiscard]] std::string epoch() { return read_epoch(database_); }

    /// Returns the id of the newest message that was ever in the store.
    [[nodiscard]] std::uint64_t last_id() { return read_last_id(database_); }

    /// Returns the highest seq up to `max_seq` among the messages of a sender; 0 if there is none.
    /// Reads every message, in many short transactions.
    [[nodiscard]] std::uint64_t highest_seq(std::string_view sender, std::uint64_t max_seq);

    /// Returns the saved state of the log.
    [[nodiscard]] SavedLog saved_log() { return read_saved_log(database_); }

  private:
    [[nodiscard]] bool can_read(std::uint64_t from, std::uint64_t to);

    Database database_;
    Statement select_;
    std::uint64_t found_ = 0;               ///< the result of can_read()
    std::optional<StoreError> last_error_;  ///< the last error in can_read()
};

}  // namespace belfry::store

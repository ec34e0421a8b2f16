#pragma once

#include "shm/layout.hpp"
#include "store/database.hpp"
#include "store/old_messages.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace belfry::store {

/// Writes the store. Only the process that holds the StoreLock uses it. All functions may throw
/// StoreError. After an error the object must not be used any more, except as roll_back() says; a
/// new one continues after the last commit.
class StoreWriter {
  public:
    explicit StoreWriter(const std::filesystem::path& data_dir);
    /// Writes to a database that the caller has opened.
    explicit StoreWriter(Database database);
    StoreWriter(const StoreWriter&) = delete;
    StoreWriter& operator=(const StoreWriter&) = delete;
    ~StoreWriter() = default;

    /// Makes the contents of the store durable. Every writer must call it first, and only then may
    /// trust what it reads. It commits a changed row, because that also syncs what an earlier
    /// writer left in the WAL if it was killed between write and sync. It then copies the WAL into
    /// the database, because after a failed sync the next one may succeed although the kernel has
    /// dropped the data.
    void claim();

    [[nodiscard]] SavedLog saved_log() { return read_saved_log(database_); }

    /// Sets the log that is written from now on, and clears the `clean` mark.
    void begin_log(std::string_view epoch, shm::Durability durability);

    // A transaction: begin(), any of the functions up to forget(), commit(). Without a commit
    // nothing is changed.
    void begin() { begin_.run(); }
    void add(const Message& message);
    /// Adds many messages, in less time than one by one.
    void add(std::span<const Message> messages);
    void save_client(const SavedClient& client);
    /// Records that the saved clients have the seqs of all messages up to `id`.
    void save_seqs_up_to(std::uint64_t id);
    void mark_clean() { database_.execute("UPDATE log SET clean = 1"); }
    /// Sets the state of the log to that of another store, without its clients.
    void restore_log(const SavedLog& log);
    struct Forgotten {
        std::uint64_t count = 0;
        bool has_more = false;  ///< there may be more to delete: call again
    };
    /// Deletes at most `most` of the oldest messages: those below `first_kept`, and those that
    /// OldMessages finds to be older than `oldest_ms`.
    [[nodiscard]] Forgotten forget(std::uint64_t first_kept, std::uint64_t oldest_ms,
                                   std::uint64_t now_ms, std::uint64_t most);
    /// Commits the transaction. It is on stable storage when the function returns.
    void commit() { commit_.run(); }
    /// Undoes the transaction. After an error that is_local() the object can be used again.
    void roll_back();

    /// Returns the id of the oldest message in the store; last_id + 1 if there is none.
    [[nodiscard]] std::uint64_t first_id() { return read_first_id(database_); }

    /// Copies the WAL into the database if it has grown long enough to be worth it. It neither
    /// delays readers nor waits for them.
    /// @return true if the WAL is longer than max_wal_bytes and readers hold back so few pages that
    /// restart_wal() may succeed
    bool checkpoint_if_long();

    /// Copies the rest of the WAL, so that the next commit starts the WAL over. It waits less than
    /// 100 ms for the transactions of readers to end. If they do not, the WAL goes on growing.
    void restart_wal();

    /// Moves all of the WAL into the database, wherever both files are now, and truncates the WAL.
    /// It waits up to two seconds for the transactions of readers. If they do not end, the changes
    /// that they cannot see stay in the WAL.
    void empty_wal();

    /// Sets whether the files of the WAL stay when the store is closed. They must stay while
    /// sessions run, which can read, but create no file.
    void keep_wal_files(bool kept) noexcept { database_.keep_wal_files(kept); }

    /// Returns the connection, so that statements on other tables can take part in a transaction.
    [[nodiscard]] Database& database() noexcept { return database_; }

  private:
    struct CheckpointResult {
        int wal_pages = 0;
        int pages_left = 0;  ///< not copied, because transactions of readers are older
    };
    CheckpointResult checkpoint();

    Database database_;
    Statement begin_;  // parsed once, because a sender waits for each of them
    Statement commit_;
    Statement insert_;
    Statement insert_many_;
    Statement save_client_;
    Statement save_seqs_up_to_;
    OldMessages old_messages_;
    int wal_pages_ = 0;
};

}  // namespace belfry::store

#pragma once

#include "shm/layout.hpp"
#include "store/database.hpp"
#include "store/old_messages.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace belfry::store {

/// Writes the store. By the one process that holds the StoreLock. Everything throws StoreError,
/// after which the object is of no more use (but see roll_back()): a new one finds what was
/// committed.
class StoreWriter {
  public:
    explicit StoreWriter(const std::filesystem::path& data_dir);
    /// Writes a store that was opened otherwise.
    explicit StoreWriter(Database database);
    StoreWriter(const StoreWriter&) = delete;
    StoreWriter& operator=(const StoreWriter&) = delete;
    ~StoreWriter() = default;

    /// Commits a changed row, and with it syncs whatever a writer that was killed between write and
    /// sync left in the WAL: it can be read, but only from here on is it durable. The first act of
    /// every writer; what the store holds counts only behind it. It also copies the WAL into the
    /// database: behind a sync that failed, the next one may succeed without having written what
    /// the kernel gave up.
    void claim();

    [[nodiscard]] SavedLog saved_log() { return read_saved_log(database_); }

    /// Names the log that is written from here on, and takes the `clean` mark away.
    void begin_log(std::string_view epoch, shm::Durability durability);

    // One transaction: begin, any of these, commit. Without a commit nothing has happened.
    void begin();
    void add(const Message& message);
    void save_client(const SavedClient& client);
    /// The clients have been saved with the seqs of all messages up to `id`.
    void save_seqs_up_to(std::uint64_t id);
    void mark_clean();
    /// Says of the log what another store said. Its clients are saved one by one.
    void restore_log(const SavedLog& log);
    struct Forgotten {
        std::uint64_t count = 0;
        bool has_more = false;  ///< there may be more to delete: call again
    };
    /// Deletes at most `most` of the oldest messages: those below `first_kept`, and those that
    /// OldMessages finds to be older than `oldest_ms`.
    [[nodiscard]] Forgotten forget(std::uint64_t first_kept, std::uint64_t oldest_ms,
                                   std::uint64_t now_ms, std::uint64_t most);
    /// On stable storage when it returns.
    void commit();
    /// Nothing has happened. Behind an error that is local the object can be used on.
    void roll_back();

    /// The oldest message in the store; last_id + 1 where there is none.
    [[nodiscard]] std::uint64_t first_id() { return read_first_id(database_); }

    /// Copies the WAL into the database if it has grown long enough to be worth it. It neither
    /// delays readers nor waits for them.
    /// @return whether the WAL is longer than max_wal_bytes, and only recent readers keep it so
    bool checkpoint_if_long();

    /// Copies what is left, and lets the next commit start the WAL over. It waits less than 100 ms
    /// for the transactions of readers to end; if they do not, nothing has changed.
    void restart_wal();

    /// Moves all of the WAL into the database, wherever both are now, and cuts the WAL to nothing.
    /// It waits up to two seconds for the transactions of readers. If they do not end, what is
    /// newer than they are stays in the WAL.
    void empty_wal();

  private:
    struct CheckpointResult {
        int wal_pages = 0;
        int pages_left = 0;  ///< not copied, because transactions of readers are older
    };
    CheckpointResult checkpoint();

    Database database_;
    Statement begin_;  // parsed once: a sender waits for each of them
    Statement commit_;
    Statement insert_;
    Statement save_client_;
    OldMessages old_messages_;
    int wal_pages_ = 0;
};

}  // namespace belfry::store

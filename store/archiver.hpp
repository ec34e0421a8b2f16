#pragma once

#include "shm/log_lock.hpp"
#include "shm/log_reader.hpp"
#include "shm/news.hpp"
#include "shm/segment.hpp"
#include "store/clock_watch.hpp"
#include "store/store_files.hpp"
#include "store/store_lock.hpp"
#include "store/store_writer.hpp"
#include "store/wal_restart.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace belfry::store {

/// Moves what is in the log into the store: all that is new in one transaction, then stored_id,
/// then the wake-up of those who wait for it. One thread, of the process that holds the store's
/// lock. Everything throws StoreError; a new Archiver goes on behind what was committed.
///
/// | killed                         | what is left                  | mended by             |
/// |--------------------------------|-------------------------------|-----------------------|
/// | before the commit              | nothing of the transaction    | start(): stored again |
/// | between its write and its sync | rows that are not yet durable | start(): syncs them   |
/// | before stored_id               | rows above stored_id          | start(): moves it     |
/// | before the wake-up             | sleepers                      | the supervisor        |
///
/// A store whose files somebody deletes, moves or replaces fails at the next commit, which then
/// does not count as stored, or within a second. It works again when the path has a store of this
/// log that reaches the beginning of the ring.
class Archiver {
  public:
    /// Says something to people, in one line.
    using Report = std::function<void(const std::string&)>;

    Archiver(shm::Segment& segment, const std::filesystem::path& data_dir, const StoreLock& lock,
             Report report);
    Archiver(const Archiver&) = delete;
    Archiver& operator=(const Archiver&) = delete;
    /// Where a file of the store was lost, leaves nothing in the write-ahead log if it can.
    ~Archiver();

    /// Makes the store durable, compares it with the log, and sets stored_id by it. First of all.
    void start();

    /// Stores what is new, and what else is due: the cursors once a second, retention.
    /// @return false: there was nothing to do
    [[nodiscard]] bool work();

    /// For once a second: @throws StoreError where a file of the store is not in its place.
    void require_files() const { files_.require_all(); }

    /// The store's files, after start().
    [[nodiscard]] const StoreFiles& files() const noexcept { return files_; }

    /// Whether there is something to store.
    [[nodiscard]] bool has_new() const noexcept;

    /// Stores everything that is left, and marks the store as clean. No session lives any more.
    void drain();

  private:
    using Clock = std::chrono::steady_clock;

    void take_over_clients(const std::vector<SavedClient>& clients);
    void take_over_client(std::uint32_t row, const SavedClient& saved);
    [[nodiscard]] std::uint64_t move_back_to(std::uint64_t id);
    [[nodiscard]] bool store_new();
    void store_chunk(const shm::Chunk& chunk);
    [[nodiscard]] bool is_set_back(std::uint64_t id, std::uint32_t row,
                                   std::uint64_t seq) const noexcept;
    void publish(std::uint64_t id);
    void save_clients();
    [[nodiscard]] bool has_moved() const noexcept;
    [[nodiscard]] bool forget_old();
    [[nodiscard]] std::uint64_t oldest_kept_ms(std::uint64_t now_ms);
    [[nodiscard]] StoreWriter::Forgotten try_to_forget(std::uint64_t first_kept,
                                                       std::uint64_t oldest_ms,
                                                       std::uint64_t now_ms);
    void raise_first_kept(std::uint64_t id);
    void checkpoint();

    shm::Segment* segment_;
    Report report_;
    StoreFiles files_;  ///< before the writer: see its constructor
    ClockWatch clock_;
    StoreWriter writer_;
    WalRestart wal_restart_;
    shm::LogReader reader_;
    shm::LogLock lock_;
    std::uint64_t stored_;  ///< the last one that is committed
    shm::StoredNews news_;
    std::vector<std::uint64_t> new_seqs_;  ///< by row, of the open transaction; 0: none
    std::vector<std::uint64_t> saved_cursors_;
    std::vector<std::uint64_t> saved_seqs_;
    Clock::time_point next_save_;
    Clock::time_point next_forgetting_;
    Clock::time_point next_checkpoint_;
};

}  // namespace belfry::store

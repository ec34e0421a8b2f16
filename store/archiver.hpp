#pragma once

#include "shm/log_lock.hpp"
#include "shm/log_reader.hpp"
#include "shm/news.hpp"
#include "shm/segment.hpp"
#include "store/checkpoints.hpp"
#include "store/clock_watch.hpp"
#include "store/store_files.hpp"
#include "store/store_lock.hpp"
#include "store/store_writer.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace belfry::store {

/// Copies the log into the store: stores all new messages in one transaction, then moves stored_id,
/// then wakes the processes that wait for it. It runs in one thread of the process that holds the
/// store's lock. All functions may throw StoreError; after that a new Archiver continues after the
/// last commit.
///
/// | killed                         | what is left                  | mended by             |
/// |--------------------------------|-------------------------------|-----------------------|
/// | before the commit              | nothing of the transaction    | start(): stored again |
/// | between its write and its sync | rows that are not yet durable | start(): syncs them   |
/// | before stored_id               | rows above stored_id          | start(): moves it     |
/// | before the wake-up             | sleepers                      | the supervisor        |
///
/// If somebody deletes, moves or replaces a file of the store, the store fails at the next commit,
/// which then does not count as stored, or within a second. It works again when the path has a
/// store of this log that reaches the beginning of the ring.
class Archiver {
  public:
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    Archiver(shm::Segment& segment, const std::filesystem::path& data_dir, const StoreLock& lock,
             Report report);
    Archiver(const Archiver&) = delete;
    Archiver& operator=(const Archiver&) = delete;
    /// Tries to leave nothing in the write-ahead log if a file of the store was lost.
    ~Archiver();

    /// Makes the store durable, compares it with the log, and sets stored_id. It must run before
    /// any other function.
    void start();

    /// Stores the new messages, saves the cursors once a second, and deletes old messages.
    /// @return false if there was nothing to do
    [[nodiscard]] bool work();

    /// Throws StoreError if a file of the store is not in its place. The caller calls it once a
    /// second.
    void require_files() const { files_.require_all(); }

    /// Returns the store's files. start() must have run.
    [[nodiscard]] const StoreFiles& files() const noexcept { return files_; }

    /// Returns whether there are messages to store.
    [[nodiscard]] bool has_new() const noexcept;

    /// Stores everything that is left, and marks the store as clean. All sessions must have ended.
    void drain();

  private:
    using Clock = std::chrono::steady_clock;

    void take_over_clients(const std::vector<SavedClient>& clients);
    void take_over_client(std::uint32_t row, const SavedClient& saved);
    [[nodiscard]] std::uint64_t move_back_to(std::uint64_t id);
    [[nodiscard]] bool store_new();
    void store_chunk(const shm::Chunk& chunk);
    [[nodiscard]] bool is_set_back(const shm::IndexEntry& entry) const noexcept;
    void publish(std::uint64_t id);
    void save_clients();
    [[nodiscard]] bool has_moved() const noexcept;
    [[nodiscard]] bool forget_old();
    [[nodiscard]] std::uint64_t oldest_kept_ms(std::uint64_t now_ms);
    [[nodiscard]] StoreWriter::Forgotten try_to_forget(std::uint64_t first_kept,
                                                       std::uint64_t oldest_ms,
                                                       std::uint64_t now_ms);
    void raise_first_kept(std::uint64_t id);

    shm::Segment* segment_;
    Report report_;
    StoreFiles files_;  ///< initialised before writer_: see the constructor of StoreFiles
    ClockWatch clock_;
    StoreWriter writer_;
    Checkpoints checkpoints_;
    shm::LogReader reader_;
    shm::LogLock lock_;
    std::uint64_t stored_;  ///< id of the last message that is committed
    shm::StoredNews news_;
    std::vector<std::uint64_t> new_seqs_;  ///< by row, of the open transaction; 0: none
    std::vector<std::uint64_t> saved_cursors_;
    std::vector<std::uint64_t> saved_seqs_;
    Clock::time_point next_save_;
    Clock::time_point next_forgetting_;
};

}  // namespace belfry::store

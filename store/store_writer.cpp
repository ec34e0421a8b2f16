#include "store/store_writer.hpp"

#include "base/utf8.hpp"
#include "shm/words.hpp"
#include "store/store_file.hpp"

#include <algorithm>
#include <chrono>
#include <sqlite3.h>
#include <thread>
#include <utility>

namespace belfry::store {
namespace {

/// The length of the WAL, in pages, from which it is copied into the database. This is SQLite's
/// default. A WAL that is overwritten syncs in two thirds of the time of one that grows (100 and
/// 160 us here), so it should start over soon. A longer one saves a few percent at best, and each
/// checkpoint then takes 50 ms and more.
constexpr int long_wal_pages = 1000;

/// SQLite's default for a database.
constexpr int page_bytes = 4096;

/// About the number of pages in a WAL of max_wal_bytes.
constexpr int max_wal_pages = max_wal_bytes / page_bytes;

/// The WAL is not restarted while older readers prevent more pages than this from being copied.
/// They would not end in time, and copying would take too long.
constexpr int max_pages_left = 4 * long_wal_pages;

/// How long a restart of the WAL waits for readers at most, without the time for copying. Readers
/// may delay a commit by at most 100 ms.
constexpr std::chrono::milliseconds restart_timeout{80};

/// How many messages one statement inserts if there are enough. Each statement looks for the end of
/// the table once.
constexpr std::size_t rows_of_a_statement = 16;

/// Returns the text of a statement that inserts so many messages.
std::string insertion_of(std::size_t rows) {
    std::string sql = "INSERT INTO messages(id, sender, seq, time, body) VALUES (?, ?, ?, ?, ?)";
    for (std::size_t row = 1; row < rows; ++row) sql += ", (?, ?, ?, ?, ?)";
    return sql;
}

/// Binds a message to the parameters of its row, counted from 0.
void bind(Statement& insertion, std::size_t row, const Message& message) {
    const int first = static_cast<int>(5 * row) + 1;
    insertion.bind(first, message.id).bind_text(first + 1, message.sender);
    insertion.bind(first + 2, message.seq).bind(first + 3, message.time_ms);
    if (base::is_text(message.body)) {
        insertion.bind_text(first + 4, message.body);
    } else {
        insertion.bind_blob(first + 4, message.body);
    }
}

/// A busy handler for SQLite: waits a millisecond. @param left the duration that is left to wait
int wait_a_moment(void* left, int /*calls*/) noexcept {
    using Clock = std::chrono::steady_clock;
    auto& wait_left = *static_cast<Clock::duration*>(left);
    if (wait_left <= Clock::duration::zero()) return 0;
    const Clock::time_point start = Clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    wait_left -= Clock::now() - start;
    return 1;
}

int remember_pages(void* pages, sqlite3* /*database*/, const char* /*name*/, int count) noexcept {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

}  // namespace

StoreWriter::StoreWriter(const std::filesystem::path& data_dir)
    : StoreWriter{open_to_write(data_dir)} {}

StoreWriter::StoreWriter(Database database)
    : database_{std::move(database)},
      begin_{database_, "BEGIN IMMEDIATE"},
      commit_{database_, "COMMIT"},
      insert_{database_, insertion_of(1).c_str()},
      insert_many_{database_, insertion_of(rows_of_a_statement).c_str()},
      save_client_{database_,
                   "INSERT INTO clients(id, cursor, seq) VALUES(?, ?, ?) "
                   "ON CONFLICT(id) DO UPDATE SET cursor = excluded.cursor, seq = excluded.seq"},
      save_seqs_up_to_{database_, "UPDATE log SET seqs_up_to = ?"},
      old_messages_{database_} {}

void StoreWriter::claim() {
    ::sqlite3_wal_hook(database_.handle(), &remember_pages, &wal_pages_);
    database_.execute(
        "BEGIN IMMEDIATE;"
        "INSERT INTO log(epoch, last_id, seqs_up_to, durability, clean, starts)"
        "  SELECT '', 0, 0, 'commit', 0, 0 WHERE NOT EXISTS (SELECT * FROM log);"
        "UPDATE log SET starts = starts + 1;"
        "COMMIT");
    checkpoint();
}

void StoreWriter::begin_log(std::string_view epoch, shm::Durability durability) {
    Statement update{database_, "UPDATE log SET epoch = ?, durability = ?, clean = 0"};
    update.bind_text(1, epoch).bind_text(2, shm::name_of(durability)).run();
}

void StoreWriter::add(const Message& message) {
    bind(insert_, 0, message);
    insert_.run();
}

void StoreWriter::add(std::span<const Message> messages) {
    for (; messages.size() >= rows_of_a_statement;
         messages = messages.subspan(rows_of_a_statement)) {
        for (std::size_t row = 0; row < rows_of_a_statement; ++row)
            bind(insert_many_, row, messages[row]);
        insert_many_.run();
    }
    for (const Message& message : messages) add(message);
}

void StoreWriter::save_client(const SavedClient& client) {
    save_client_.bind_text(1, client.id).bind(2, client.cursor).bind(3, client.seq).run();
}

void StoreWriter::save_seqs_up_to(std::uint64_t id) {
    save_seqs_up_to_.bind(1, id).run();
}

void StoreWriter::restore_log(const SavedLog& log) {
    Statement update{database_,
                     "UPDATE log SET epoch = ?, last_id = ?, seqs_up_to = ?, durability = ?, "
                     "clean = ?"};
    update.bind_text(1, log.epoch).bind(2, log.last_id).bind(3, log.last_id);
    update.bind_text(4, shm::name_of(log.durability)).bind(5, log.clean ? 1 : 0).run();
}

StoreWriter::Forgotten StoreWriter::forget(std::uint64_t first_kept, std::uint64_t oldest_ms,
                                           std::uint64_t now_ms, std::uint64_t most) {
    const std::uint64_t first = read_first_id(database_);
    const std::uint64_t last = read_last_id(database_);
    const std::uint64_t old_end = old_messages_.end(first, oldest_ms, now_ms, most);
    const std::uint64_t wanted = std::min(std::max(old_end, first_kept), last + 1);
    const std::uint64_t kept = std::min(wanted, first + most);
    if (kept <= first) return {0, old_messages_.has_more()};
    Statement{database_, "UPDATE log SET last_id = max(last_id, ?)"}.bind(1, last).run();
    Statement{database_, "DELETE FROM messages WHERE id < ?"}.bind(1, kept).run();
    return {kept - first, kept < wanted || old_messages_.has_more()};
}

void StoreWriter::roll_back() {
    // SQLite may have rolled back by itself.
    if (::sqlite3_get_autocommit(database_.handle()) == 0) database_.execute("ROLLBACK");
}

bool StoreWriter::checkpoint_if_long() {
    if (wal_pages_ < long_wal_pages) return false;
    const CheckpointResult result = checkpoint();
    return result.wal_pages >= max_wal_pages && result.pages_left <= max_pages_left;
}

StoreWriter::CheckpointResult StoreWriter::checkpoint() {
    wal_pages_ = 0;
    int pages = 0;
    int copied = 0;
    if (::sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages,
                                    &copied) != SQLITE_OK) {
        database_.fail();
    }
    return {pages, pages - copied};
}

/// SQLite starts the WAL over at a commit during which nobody reads the WAL. While the transactions
/// of readers overlap, there is no such commit. This function waits until the open ones have ended.
/// It need not wait for readers that begin after everything has been copied, because they read only
/// the database.
void StoreWriter::restart_wal() {
    std::chrono::steady_clock::duration wait_left = restart_timeout;
    ::sqlite3_busy_handler(database_.handle(), &wait_a_moment, &wait_left);
    const int result = ::sqlite3_wal_checkpoint_v2(database_.handle(), nullptr,
                                                   SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
    database_.set_busy_timeout();
    if (result != SQLITE_OK && result != SQLITE_BUSY) database_.fail();
}

void StoreWriter::empty_wal() {
    roll_back();
    const int result = ::sqlite3_wal_checkpoint_v2(database_.handle(), nullptr,
                                                   SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (result != SQLITE_OK) database_.fail();
}

}  // namespace belfry::store

#include "store/store_writer.hpp"

#include "store/store_file.hpp"
#include "store/text.hpp"

#include <algorithm>
#include <sqlite3.h>
#include <utility>

namespace belfry::store {
namespace {

/// SQLite's own default. A WAL that is overwritten syncs in two thirds of the time of one that
/// grows (100 and 160 us here), so it starts over soon; a longer one saves a few percent at best,
/// and each checkpoint then stalls for 50 ms and more.
constexpr int long_wal_pages = 1000;

std::string_view name_of(shm::Durability durability) noexcept {
    return durability == shm::Durability::async ? "async" : "commit";
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
      insert_{database_, "INSERT INTO messages(id, sender, seq, time, body) VALUES(?, ?, ?, ?, ?)"},
      save_client_{database_,
                   "INSERT INTO clients(id, cursor, seq) VALUES(?, ?, ?) "
                   "ON CONFLICT(id) DO UPDATE SET cursor = excluded.cursor, seq = excluded.seq"} {}

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
    update.bind_text(1, epoch).bind_text(2, name_of(durability)).run();
}

void StoreWriter::begin() {
    begin_.run();
}

void StoreWriter::add(const Message& message) {
    insert_.bind(1, message.id).bind_text(2, message.sender).bind(3, message.seq);
    insert_.bind(4, message.time_ms);
    if (is_text(message.body)) {
        insert_.bind_text(5, message.body);
    } else {
        insert_.bind_blob(5, message.body);
    }
    insert_.run();
}

void StoreWriter::save_client(const SavedClient& client) {
    save_client_.bind_text(1, client.id).bind(2, client.cursor).bind(3, client.seq).run();
}

void StoreWriter::save_seqs_up_to(std::uint64_t id) {
    Statement{database_, "UPDATE log SET seqs_up_to = ?"}.bind(1, id).run();
}

void StoreWriter::mark_clean() {
    database_.execute("UPDATE log SET clean = 1");
}

void StoreWriter::restore_log(const SavedLog& log) {
    Statement update{database_,
                     "UPDATE log SET epoch = ?, last_id = ?, seqs_up_to = ?, durability = ?, "
                     "clean = ?"};
    update.bind_text(1, log.epoch).bind(2, log.last_id).bind(3, log.last_id);
    update.bind_text(4, name_of(log.durability)).bind(5, log.clean ? 1 : 0).run();
}

std::uint64_t StoreWriter::forget(std::uint64_t first_kept, std::uint64_t oldest_ms,
                                  std::uint64_t most) {
    const std::uint64_t first = read_first_id(database_);
    // Times of neighbours may be out of order by a clock that was set back: what is deleted is the
    // front of the log, up to the first message that is young enough.
    Statement young{database_,
                    "SELECT min(id) FROM (SELECT id FROM messages WHERE id < ? AND time >= ? "
                    "ORDER BY id LIMIT 1)"};
    const std::uint64_t end = std::min(first + most, read_last_id(database_) + 1);
    young.bind(1, end).bind(2, oldest_ms);
    const bool some_are_young = young.step() && !young.is_null(0);
    const std::uint64_t too_old_end = some_are_young ? young.number(0) : end;
    young.reset();
    const std::uint64_t kept = std::max(too_old_end, std::min(first_kept, end));
    if (kept <= first) return 0;
    Statement{database_, "UPDATE log SET last_id = max(last_id, ?)"}
        .bind(1, read_last_id(database_))
        .run();
    Statement{database_, "DELETE FROM messages WHERE id < ?"}.bind(1, kept).run();
    return kept - first;
}

void StoreWriter::commit() {
    commit_.run();
}

void StoreWriter::roll_back() {
    // SQLite may have done so itself.
    if (::sqlite3_get_autocommit(database_.handle()) == 0) database_.execute("ROLLBACK");
}

void StoreWriter::checkpoint_if_long() {
    if (wal_pages_ >= long_wal_pages) checkpoint();
}

void StoreWriter::checkpoint() {
    wal_pages_ = 0;
    if (::sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                    nullptr) != SQLITE_OK) {
        database_.fail();
    }
}

}  // namespace belfry::store

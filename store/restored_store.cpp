#include "store/restored_store.hpp"

#include "store/store_error.hpp"
#include "store/store_file.hpp"

namespace belfry::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t transaction_rows = 10'000;

/// Removes the files of an unfinished attempt, and returns `file`. No other process is writing
/// them, because the caller holds the lock of the data directory.
fs::path without_leftovers(const fs::path& file) {
    std::error_code ignored;  // NewDatabase reports a file that could not be removed
    for (const char* suffix : {".new", ".new-wal", ".new-shm", ".new-journal"}) {
        fs::remove(file.string() + suffix, ignored);
    }
    return file;
}

/// Turns the database into one file without a WAL, so that it can be renamed.
void leave_wal_mode(const fs::path& path) {
    Database database{path, Database::Mode::write};
    Statement statement{database, "PRAGMA journal_mode = DELETE"};
    if (statement.step() && statement.bytes(0) == "delete") return;
    throw StoreError{StoreError::Kind::failing,
                     "cannot turn off the write-ahead log of " + path.string()};
}

}  // namespace

RestoredStore::RestoredStore(const fs::path& data_dir)
    : database_{without_leftovers(store_file(data_dir))},
      writer_{open_file_to_write(database_.temporary_path())} {
    writer_->claim();
    writer_->begin();
}

void RestoredStore::add(const Message& message) {
    writer_->add(message);
    if (++added_ < transaction_rows) return;
    writer_->commit();
    writer_->checkpoint_if_long();
    writer_->begin();
    added_ = 0;
}

void RestoredStore::finish(const SavedLog& log) {
    for (const SavedClient& client : log.clients) writer_->save_client(client);
    writer_->restore_log(log);
    writer_->commit();
    writer_.reset();
    leave_wal_mode(database_.temporary_path());
    database_.install();
}

}  // namespace belfry::store

#include "store/restored_store.hpp"

#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <string>

namespace belfry::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t transaction_rows = 10'000;

/// The holder of the data directory's lock alone comes here: nobody else is writing it.
fs::path without_remains(const fs::path& file) {
    std::error_code ignored;  // what cannot be removed is in the way, and told then
    for (const char* suffix : {".new", ".new-wal", ".new-shm", ".new-journal"}) {
        fs::remove(file.string() + suffix, ignored);
    }
    return file;
}

/// Without a WAL a database is one file, and can be read where nothing can be written.
void leave_wal_mode(const fs::path& path) {
    Database database{path, Database::Mode::write};
    Statement statement{database, "PRAGMA journal_mode = DELETE"};
    if (statement.step() && statement.bytes(0) == "delete") return;
    throw StoreError{StoreError::Kind::failing, path.string() + " cannot be made one file"};
}

}  // namespace

RestoredStore::RestoredStore(const fs::path& data_dir)
    : database_{without_remains(store_file(data_dir))},
      writer_{open_file_to_write(database_.beside())} {
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
    leave_wal_mode(database_.beside());
    database_.publish();
}

}  // namespace belfry::store

#include "store/store_file.hpp"

#include "store/store_error.hpp"

#include <string>

namespace belfry::store {
namespace {

namespace fs = std::filesystem;

/// This number is in the file's header, so that file(1) and this program recognise the file.
constexpr std::int64_t application_id = 0x42454c46;  // "BELF"
constexpr std::int64_t schema_version = 1;

/// The cache has 256 KiB. A session reads from one end to the other, so a larger cache would not
/// help, and 1,000 sessions may read at once.
constexpr const char* read_settings = "PRAGMA cache_size = -256";

/// With synchronous = FULL a commit is on stable storage when it returns. Automatic checkpoints are
/// off, because the archiver runs them itself, after its messages have become visible. By default
/// Debian's SQLite overwrites deleted rows with zeros; with secure_delete = FAST retention does not
/// write each large body once more.
constexpr const char* write_settings = R"(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA secure_delete = FAST;
)";

constexpr const char* schema = R"(
    BEGIN IMMEDIATE;
    CREATE TABLE messages(
        id INTEGER PRIMARY KEY,
        sender TEXT NOT NULL,
        seq INTEGER NOT NULL,
        time INTEGER NOT NULL,
        body NOT NULL
    );
    CREATE TABLE clients(
        id TEXT PRIMARY KEY,
        cursor INTEGER NOT NULL,
        seq INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE log(
        epoch TEXT NOT NULL,
        last_id INTEGER NOT NULL,
        seqs_up_to INTEGER NOT NULL,
        durability TEXT NOT NULL,
        clean INTEGER NOT NULL,
        starts INTEGER NOT NULL
    );
    PRAGMA application_id = 0x42454c46;
    PRAGMA user_version = 1;
    COMMIT;
)";

bool is_empty(Database& database) {
    return database.number("SELECT count(*) FROM sqlite_schema") == 0;
}

void require_our_schema(Database& database) {
    const std::string name = "the store " + database.file().string();
    if (database.number("PRAGMA application_id") != application_id) {
        throw StoreError{StoreError::Kind::unusable, name + " is not a Belfry database"};
    }
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version != schema_version) {
        throw StoreError{StoreError::Kind::unusable,
                         name + " has schema version " + std::to_string(version) +
                             ", this program needs " + std::to_string(schema_version)};
    }
}

void prepare_to_write(Database& database) {
    database.execute(write_settings);
    database.execute(("PRAGMA journal_size_limit = " + std::to_string(max_wal_bytes)).c_str());
}

}  // namespace

fs::path store_file(const fs::path& data_dir) {
    return data_dir / "belfry.db";
}

bool has_store(const fs::path& data_dir) noexcept {
    std::error_code error;
    return fs::exists(store_file(data_dir), error);
}

Database open_to_read(const fs::path& data_dir) {
    Database database{store_file(data_dir), Database::Mode::read};
    require_our_schema(database);
    database.execute(read_settings);
    return database;
}

Database open_to_write(const fs::path& data_dir) {
    return open_file_to_write(store_file(data_dir));
}

Database open_existing_to_write(const fs::path& data_dir) {
    Database database{store_file(data_dir), Database::Mode::write};
    require_our_schema(database);
    prepare_to_write(database);
    return database;
}

Database open_file_to_write(const fs::path& file) {
    Database database{file, Database::Mode::create};
    const bool is_new = is_empty(database);
    if (!is_new) require_our_schema(database);
    prepare_to_write(database);
    if (is_new) database.execute(schema);
    return database;
}

}  // namespace belfry::store

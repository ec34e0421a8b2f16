#include "store/backup.hpp"

#include "store/database.hpp"
#include "store/descriptor_vfs.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sqlite3.h>

namespace belfry::store {
namespace {

constexpr int step_pages = 1024;
constexpr int busy_timeout_ms = 100;

/// An unfinished copy is thrown away, so it needs no journal. The caller of back_up() syncs it at
/// the end.
constexpr const char* copy_settings = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";

/// Opens a read transaction, which lasts until the copy is finished. Without it SQLite would start
/// the copy again whenever another process commits between two steps, and a busy server commits a
/// thousand times a second. The WAL grows meanwhile.
void begin_snapshot(Database& source) {
    source.execute("BEGIN");
    static_cast<void>(source.number("SELECT count(*) FROM sqlite_schema"));
}

struct Finish {
    void operator()(sqlite3_backup* backup) const noexcept { ::sqlite3_backup_finish(backup); }
};

void copy(Database& source, Database& target) {
    std::unique_ptr<sqlite3_backup, Finish> backup{
        ::sqlite3_backup_init(target.handle(), "main", source.handle(), "main")};
    if (!backup) target.fail();
    int result = SQLITE_OK;
    while (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED) {
        if (result != SQLITE_OK) ::sqlite3_sleep(busy_timeout_ms);
        result = ::sqlite3_backup_step(backup.get(), step_pages);
    }
    // sqlite3_backup_finish() reports an error of the copy through the target.
    if (::sqlite3_backup_finish(backup.release()) != SQLITE_OK) target.fail();
}

/// Marks the copy as a database without a WAL. The header that it has copied says that there is
/// one, and such a database cannot be read from read-only media. The two bytes are the write
/// version and the read version in SQLite's description of its file format.
void leave_wal_mode(int fd, const std::filesystem::path& name) {
    constexpr off_t format_versions = 18;
    constexpr std::array<char, 2> without_wal{1, 1};
    const ssize_t written = ::pwrite(fd, without_wal.data(), without_wal.size(), format_versions);
    if (written == without_wal.size()) return;
    throw StoreError{StoreError::Kind::failing,
                     "cannot write " + name.string() + ": " + std::strerror(errno)};
}

}  // namespace

void back_up(const std::filesystem::path& data_dir, int fd, const std::filesystem::path& name) {
    Database source = open_to_read(data_dir);
    begin_snapshot(source);
    {
        const DescriptorVfs vfs{fd};
        Database target{name, Database::Mode::write, DescriptorVfs::name()};
        target.execute(copy_settings);
        copy(source, target);
    }
    source.execute("COMMIT");
    leave_wal_mode(fd, name);
}

}  // namespace belfry::store

#include "store/database.hpp"

#include "base/regular_file.hpp"
#include "store/store_error.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <sqlite3.h>

namespace belfry::store {
namespace {

/// How long a connection waits for the lock of another one. With a WAL, readers and the writer do
/// not wait for each other. Only opening, closing and recovery take locks, for a short time.
constexpr int busy_timeout_ms = 2000;

StoreError::Kind kind_of(int code) noexcept {
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            return StoreError::Kind::unusable;
        case SQLITE_CORRUPT:
            return StoreError::Kind::damaged;
        case SQLITE_IOERR:
            return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ
                       ? StoreError::Kind::unreadable
                       : StoreError::Kind::failing;
        default:
            return StoreError::Kind::failing;
    }
}

int flags_for(Database::Mode mode) noexcept {
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    return common | (mode == Database::Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
}

/// Replaces a null pointer, with which SQLite would bind NULL instead of an empty value.
const char* not_null(std::string_view bytes) noexcept {
    return bytes.data() != nullptr ? bytes.data() : "";
}

/// Creates the file with the mode 0600. SQLite gives the files of the WAL the same mode.
void create_file(const std::filesystem::path& file) {
    if (base::open_regular_file(file, O_RDWR | O_CREAT)) return;
    throw StoreError{StoreError::Kind::failing,
                     "cannot create the store " + file.string() + ": " + base::reason_for(errno)};
}

/// Resolves the symbolic links in the path to the file's folder, because SQLite (with
/// SQLITE_OPEN_NOFOLLOW) refuses links anywhere in a path.
std::filesystem::path resolve_folder(const std::filesystem::path& file) {
    std::error_code error;
    const auto folder = std::filesystem::canonical(
        file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."}, error);
    return error ? file : folder / file.filename();
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept {
    ::sqlite3_close_v2(handle);
}

Database::Database(const std::filesystem::path& file, Mode mode, const char* vfs) : file_{file} {
    if (mode == Mode::create) create_file(file);
    sqlite3* handle = nullptr;
    const int result =
        ::sqlite3_open_v2(resolve_folder(file).c_str(), &handle, flags_for(mode), vfs);
    handle_.reset(handle);  // SQLite returns a handle even if opening failed
    if (result != SQLITE_OK) fail();
    set_busy_timeout();
}

void Database::set_busy_timeout() const noexcept {
    ::sqlite3_busy_timeout(handle(), busy_timeout_ms);
}

void Database::keep_wal_files(bool kept) const noexcept {
    int on = kept ? 1 : 0;
    ::sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

void Database::execute(const char* sql) const {
    if (::sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t Database::number(const char* sql) {
    Statement statement{*this, sql};
    return statement.step() ? static_cast<std::int64_t>(statement.number(0)) : 0;
}

void Database::fail() const {
    const int code = ::sqlite3_extended_errcode(handle());
    std::string message =
        "the store " + file_.string() + ": " +
        (code == SQLITE_CANTOPEN_SYMLINK ? "is a symbolic link" : ::sqlite3_errmsg(handle()));
    const int system = ::sqlite3_system_errno(handle());
    const bool is_of_the_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    if (is_of_the_system && system != 0) message += std::string{" ("} + std::strerror(system) + ")";
    throw StoreError{kind_of(code), message};
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
    ::sqlite3_finalize(handle);
}

Statement::Statement(Database& database, const char* sql) : database_{&database} {
    sqlite3_stmt* handle = nullptr;
    const int result = ::sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                            &handle, nullptr);
    handle_.reset(handle);
    if (result != SQLITE_OK) database.fail();
}

Statement& Statement::check(int result) {
    if (result != SQLITE_OK) database_->fail();
    return *this;
}

Statement& Statement::bind(int index, std::uint64_t value) {
    return check(::sqlite3_bind_int64(handle_.get(), index, static_cast<std::int64_t>(value)));
}

Statement& Statement::bind_text(int index, std::string_view text) {
    return check(::sqlite3_bind_text64(handle_.get(), index, not_null(text), text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8));
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
    return check(
        ::sqlite3_bind_blob64(handle_.get(), index, not_null(bytes), bytes.size(), SQLITE_STATIC));
}

bool Statement::step() {
    const int result = ::sqlite3_step(handle_.get());
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) database_->fail();
    return false;
}

void Statement::run() {
    const ResetAtEnd reset_at_end{*this};
    while (step()) {
    }
}

void Statement::reset() noexcept {
    ::sqlite3_reset(handle_.get());
}

std::uint64_t Statement::number(int column) noexcept {
    return static_cast<std::uint64_t>(::sqlite3_column_int64(handle_.get(), column));
}

bool Statement::is_null(int column) noexcept {
    return ::sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::bytes(int column) noexcept {
    // The order matters: see sqlite3_column_blob() in SQLite's documentation.
    const auto* data = static_cast<const char*>(::sqlite3_column_blob(handle_.get(), column));
    const int count = ::sqlite3_column_bytes(handle_.get(), column);
    return data == nullptr ? std::string_view{}
                           : std::string_view{data, static_cast<std::size_t>(count)};
}

}  // namespace belfry::store

#include "store/new_database.hpp"

#include "shm/unique_fd.hpp"
#include "store/database.hpp"
#include "store/store_error.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace belfry::store {
namespace {

namespace fs = std::filesystem;

constexpr std::array companions{"-wal", "-shm", "-journal"};

StoreError failure(const std::string& what, int error) {
    return {StoreError::Kind::failing, what + ": " + std::strerror(error)};
}

fs::path with_suffix(fs::path path, const char* suffix) {
    path += suffix;
    return path;
}

void require_absent(const fs::path& path) {
    if (fs::symlink_status(path).type() == fs::file_type::not_found) return;
    throw StoreError{StoreError::Kind::unusable, path.string() + " exists already"};
}

void create_empty(const fs::path& path) {
    const shm::UniqueFd file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (file) return;
    if (errno != EEXIST) throw failure("cannot create " + path.string(), errno);
    throw StoreError{StoreError::Kind::unusable,
                     path.string() +
                         " exists: it is being written, or was left by a program that "
                         "was killed; then delete it"};
}

/// Without a WAL a database is one file, and can be read where nothing can be written.
void leave_wal_mode(const fs::path& path) {
    Database database{path, Database::Mode::write};
    Statement statement{database, "PRAGMA journal_mode = DELETE"};
    if (statement.step() && statement.bytes(0) == "delete") return;
    throw StoreError{StoreError::Kind::failing, path.string() + " cannot be made one file"};
}

void sync(const fs::path& path) {
    const shm::UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file || ::fsync(file.get()) == -1) throw failure("cannot sync " + path.string(), errno);
}

/// Replaces nothing, where the file system can do that.
void rename_file(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno == EINVAL) {
        require_absent(to);
        if (::rename(from.c_str(), to.c_str()) == 0) return;
    }
    throw failure("cannot rename " + from.string() + " to " + to.string(), errno);
}

}  // namespace

NewDatabase::NewDatabase(fs::path place)
    : place_{std::move(place)}, beside_{with_suffix(place_, ".new")} {
    require_absent(place_);
    for (const char* companion : companions) require_absent(with_suffix(place_, companion));
    create_empty(beside_);
}

NewDatabase::~NewDatabase() {
    std::error_code ignored;  // then it stays
    if (!is_published_) fs::remove(beside_, ignored);
    for (const char* companion : companions) fs::remove(with_suffix(beside_, companion), ignored);
}

void NewDatabase::publish() {
    leave_wal_mode(beside_);
    sync(beside_);
    rename_file(beside_, place_);
    is_published_ = true;
    sync(place_.has_parent_path() ? place_.parent_path() : fs::path{"."});
}

}  // namespace belfry::store

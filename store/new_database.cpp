#include "store/new_database.hpp"

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

base::UniqueFd open_folder_of(const fs::path& place) {
    const fs::path folder = place.has_parent_path() ? place.parent_path() : fs::path{"."};
    base::UniqueFd opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened) return opened;
    throw failure("cannot create " + place.string(), errno);
}

void sync(const base::UniqueFd& file, const fs::path& name) {
    if (::fsync(file.get()) == -1) throw failure("cannot sync " + name.string(), errno);
}

}  // namespace

NewDatabase::NewDatabase(fs::path place)
    : place_{std::move(place)},
      beside_{with_suffix(place_, ".new")},
      folder_{open_folder_of(place_)} {
    require_absent(place_);
    for (const char* companion : companions) require_absent(with_suffix(place_, companion));
    create_empty();
}

NewDatabase::~NewDatabase() {
    // What cannot be removed stays.
    const auto remove = [this](const fs::path& path) {
        ::unlinkat(folder_.get(), path.filename().c_str(), 0);
    };
    if (!is_published_) remove(beside_);
    for (const char* companion : companions) remove(with_suffix(beside_, companion));
}

void NewDatabase::publish() {
    sync(file_, beside_);
    rename_file();
    is_published_ = true;
    sync(folder_, place_);
}

void NewDatabase::require_absent(const fs::path& path) const {
    struct stat info {};
    const int found = ::fstatat(folder_.get(), path.filename().c_str(), &info, AT_SYMLINK_NOFOLLOW);
    if (found == -1 && errno == ENOENT) return;
    if (found == -1) throw failure("cannot create " + path.string(), errno);
    throw StoreError{StoreError::Kind::unusable, path.string() + " exists already"};
}

void NewDatabase::create_empty() {
    file_ = base::UniqueFd{::openat(folder_.get(), beside_.filename().c_str(),
                                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (file_) return;
    if (errno != EEXIST) throw failure("cannot create " + beside_.string(), errno);
    throw StoreError{StoreError::Kind::unusable,
                     beside_.string() +
                         " exists: it is being written, or was left by a program that "
                         "was killed; then delete it"};
}

/// Replaces nothing, where the file system can do that.
void NewDatabase::rename_file() const {
    const fs::path from = beside_.filename();
    const fs::path to = place_.filename();
    const int folder = folder_.get();
    if (::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno == EINVAL) {
        require_absent(place_);
        if (::renameat(folder, from.c_str(), folder, to.c_str()) == 0) return;
    }
    throw failure("cannot rename " + beside_.string() + " to " + place_.string(), errno);
}

}  // namespace belfry::store

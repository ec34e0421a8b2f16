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

constexpr std::array companion_suffixes{"-wal", "-shm", "-journal"};

StoreError failure(const std::string& what, int error) {
    return {StoreError::Kind::failing, what + ": " + std::strerror(error)};
}

fs::path with_suffix(fs::path path, const char* suffix) {
    path += suffix;
    return path;
}

base::UniqueFd open_folder_of(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path{"."};
    base::UniqueFd opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened) return opened;
    throw failure("cannot create " + path.string(), errno);
}

void sync(const base::UniqueFd& file, const fs::path& name) {
    if (::fsync(file.get()) == -1) throw failure("cannot sync " + name.string(), errno);
}

}  // namespace

NewDatabase::NewDatabase(fs::path path)
    : path_{std::move(path)},
      temporary_path_{with_suffix(path_, ".new")},
      folder_{open_folder_of(path_)} {
    require_absent(path_);
    for (const char* suffix : companion_suffixes) require_absent(with_suffix(path_, suffix));
    create_empty();
}

NewDatabase::~NewDatabase() {
    // Errors are ignored: a file that cannot be removed stays.
    const auto remove = [this](const fs::path& path) {
        ::unlinkat(folder_.get(), path.filename().c_str(), 0);
    };
    if (!is_installed_) remove(temporary_path_);
    for (const char* suffix : companion_suffixes) remove(with_suffix(temporary_path_, suffix));
}

void NewDatabase::install() {
    sync(file_, temporary_path_);
    rename_file();
    is_installed_ = true;
    sync(folder_, path_);
}

void NewDatabase::require_absent(const fs::path& path) const {
    struct stat info {};
    const int found = ::fstatat(folder_.get(), path.filename().c_str(), &info, AT_SYMLINK_NOFOLLOW);
    if (found == -1 && errno == ENOENT) return;
    if (found == -1) throw failure("cannot create " + path.string(), errno);
    throw StoreError{StoreError::Kind::unusable, path.string() + " already exists"};
}

void NewDatabase::create_empty() {
    file_ = base::UniqueFd{::openat(folder_.get(), temporary_path_.filename().c_str(),
                                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (file_) return;
    if (errno != EEXIST) throw failure("cannot create " + temporary_path_.string(), errno);
    throw StoreError{StoreError::Kind::unusable,
                     temporary_path_.string() +
                         " already exists: another program is writing it, or was killed and left "
                         "it behind; in that case delete it"};
}

/// Renames the temporary file. Some file systems cannot refuse to replace a file; there the check
/// just before the rename leaves a short race.
void NewDatabase::rename_file() const {
    const fs::path from = temporary_path_.filename();
    const fs::path to = path_.filename();
    const int folder = folder_.get();
    if (::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno == EINVAL) {
        require_absent(path_);
        if (::renameat(folder, from.c_str(), folder, to.c_str()) == 0) return;
    }
    throw failure("cannot rename " + temporary_path_.string() + " to " + path_.string(), errno);
}

}  // namespace belfry::store

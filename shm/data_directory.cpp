#include "shm/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace belfry::shm {
namespace {

namespace fs = std::filesystem;

UniqueFd open_file(const fs::path& path) {
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (!file) {
        throw DataDirectoryError{"cannot write " + path.string() + ": " + std::strerror(errno)};
    }
    return file;
}

std::string holder_of(const UniqueFd& file) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(file.get(), F_GETLK, &lock) == -1 || lock.l_type == F_UNLCK) return "";
    return " (process " + std::to_string(lock.l_pid) + ")";
}

}  // namespace

DataDirectoryInUse::DataDirectoryInUse(const fs::path& path, std::string holder)
    : DataDirectoryError{"the data directory " + path.string() + " is in use by another server" +
                         holder},
      holder_{std::move(holder)} {}

void make_data_directory(const fs::path& path) {
    std::error_code error;
    const bool made = fs::create_directories(path, error);
    if (error || !fs::is_directory(path)) {
        throw DataDirectoryError{"cannot make the data directory " + path.string() + ": " +
                                 (error ? error.message() : "it is a file")};
    }
    if (made) fs::permissions(path, fs::perms::owner_all, error);
}

DataDirectoryLock::DataDirectoryLock(const fs::path& path) : file_{open_file(path / "lock")} {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(file_.get(), F_SETLK, &lock) == -1) {
        throw DataDirectoryInUse{path, holder_of(file_)};
    }
}

UniqueFd hold_alive(const fs::path& path) {
    UniqueFd file = open_file(path / "alive");
    if (::flock(file.get(), LOCK_SH | LOCK_NB) == -1) {
        throw DataDirectoryError{"the data directory " + path.string() + " is being cleaned up"};
    }
    return file;
}

bool anybody_alive(const fs::path& path) noexcept {
    const UniqueFd file{::open((path / "alive").c_str(), O_RDWR | O_CLOEXEC)};
    return file && ::flock(file.get(), LOCK_EX | LOCK_NB) == -1;
}

}  // namespace belfry::shm

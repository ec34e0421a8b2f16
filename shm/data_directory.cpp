#include "shm/data_directory.hpp"

#include "base/regular_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace belfry::shm {
namespace {

namespace fs = std::filesystem;

base::UniqueFd open_file(const fs::path& path) {
    base::UniqueFd file = base::open_regular_file(path, O_RDWR | O_CREAT);
    if (file) return file;
    throw DataDirectoryError{"cannot write " + path.string() + ": " + base::reason_for(errno)};
}

std::string holder_of(const base::UniqueFd& file) {
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
    const fs::path folder = path.has_filename() ? path : path.parent_path();
    std::error_code error;
    if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
    if (!error && ::mkdir(folder.c_str(), S_IRWXU) == -1 && errno != EEXIST) {
        error = {errno, std::generic_category()};
    }
    if (!error && fs::is_directory(folder, error)) return;
    throw DataDirectoryError{"cannot create the data directory " + path.string() + ": " +
                             (error ? error.message() : "not a directory")};
}

void require_safe(const fs::path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == -1) {
        if (errno == ENOENT) return;
        throw DataDirectoryError{"cannot access the data directory " + path.string() + ": " +
                                 std::strerror(errno)};
    }
    const std::string name = "the data directory " + path.string();
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
        throw DataDirectoryUnsafe{name + " belongs to user " + std::to_string(facts.st_uid) +
                                  ", but this program runs as user " + std::to_string(::geteuid())};
    }
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        throw DataDirectoryUnsafe{name +
                                  " is writable by users other than its owner; use chmod go-w"};
    }
}

DataDirectoryLock::DataDirectoryLock(const fs::path& path)
    : file_{open_file(path / "lock")}, placed_{path / "lock", file_} {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(file_.get(), F_SETLK, &lock) == -1) {
        throw DataDirectoryInUse{path, holder_of(file_)};
    }
}

base::UniqueFd hold_alive(const fs::path& path) {
    base::UniqueFd file = open_file(path / "alive");
    if (::flock(file.get(), LOCK_SH | LOCK_NB) == -1) {
        throw DataDirectoryError{"the data directory " + path.string() + " is being cleaned up"};
    }
    return file;
}

base::PlacedFile alive_file(const fs::path& path, const base::UniqueFd& alive) noexcept {
    return {path / "alive", alive};
}

fs::path gate_socket(const fs::path& path) {
    return path / "gate.sock";
}

void remove_gate_socket(const fs::path& path) noexcept {
    for (const char* const name : {"gate.sock", "gate.sock.new"}) {
        ::unlink((path / name).c_str());
    }
}

bool anybody_alive(const fs::path& path) noexcept {
    const base::UniqueFd file = base::open_regular_file(path / "alive", O_RDWR);
    return file && ::flock(file.get(), LOCK_EX | LOCK_NB) == -1;
}

}  // namespace belfry::shm

#include "base/placed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <utility>

namespace belfry::base {

PlacedFile::PlacedFile(std::filesystem::path path) noexcept : path_{std::move(path)} {
    struct stat info {};
    if (::stat(path_.c_str(), &info) == -1) return;
    device_ = info.st_dev;
    inode_ = info.st_ino;
}

PlacedFile::PlacedFile(std::filesystem::path path, const UniqueFd& file) noexcept
    : path_{std::move(path)} {
    struct stat info {};
    if (::fstat(file.get(), &info) == -1) return;
    device_ = info.st_dev;
    inode_ = info.st_ino;
}

// Asks for the inode only. stat(2) also reads the times, and since Linux 6.13 that makes the next
// write to the file slower (multigrain timestamps): a publisher with one message in flight lost a
// quarter of its rate.
bool PlacedFile::is_in_place() const noexcept {
    struct statx info {};
    return inode_ != 0 && ::statx(AT_FDCWD, path_.c_str(), 0, STATX_INO, &info) == 0 &&
           info.stx_ino == inode_ && makedev(info.stx_dev_major, info.stx_dev_minor) == device_;
}

}  // namespace belfry::base

#include "base/placed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <utility>

namespace belfry::base {

PlacedFile::PlacedFile(std::filesystem::path path) noexcept : path_{std::move(path)} {
    struct stat facts {};
    if (::stat(path_.c_str(), &facts) == -1) return;
    device_ = facts.st_dev;
    inode_ = facts.st_ino;
}

PlacedFile::PlacedFile(std::filesystem::path path, const UniqueFd& file) noexcept
    : path_{std::move(path)} {
    struct stat facts {};
    if (::fstat(file.get(), &facts) == -1) return;
    device_ = facts.st_dev;
    inode_ = facts.st_ino;
}

// Asks for the inode alone. stat(2) asks for the times too, and then Linux 6.13 and later make the
// next write to the file dearer (multigrain timestamps): a publisher with one message in flight
// had 0.75 of its rate.
bool PlacedFile::is_in_place() const noexcept {
    struct statx facts {};
    return inode_ != 0 && ::statx(AT_FDCWD, path_.c_str(), 0, STATX_INO, &facts) == 0 &&
           facts.stx_ino == inode_ && makedev(facts.stx_dev_major, facts.stx_dev_minor) == device_;
}

}  // namespace belfry::base

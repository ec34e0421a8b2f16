#include "shm/placed_file.hpp"

#include <sys/stat.h>

#include <utility>

namespace belfry::shm {

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

bool PlacedFile::is_in_place() const noexcept {
    struct stat facts {};
    return inode_ != 0 && ::stat(path_.c_str(), &facts) == 0 && facts.st_ino == inode_ &&
           facts.st_dev == device_;
}

}  // namespace belfry::shm

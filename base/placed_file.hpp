#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <filesystem>

namespace belfry::base {

/// Remembers which file a path led to, by device and inode. A file that a process has open can be
/// deleted, moved or replaced, alone or with its directory. The process would then go on using a
/// file that no other process can open.
class PlacedFile {
  public:
    /// Remembers the file that is at the path now, if there is one.
    explicit PlacedFile(std::filesystem::path path) noexcept;
    /// Remembers an open file.
    /// @param path the path by which it was opened
    PlacedFile(std::filesystem::path path, const UniqueFd& file) noexcept;

    /// Tells whether the path still leads to this file. Returns false if there was no file. The
    /// call costs one statx(2).
    [[nodiscard]] bool is_in_place() const noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;  ///< 0: there was no file
};

}  // namespace belfry::base

#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <filesystem>

namespace belfry::base {

/// A file at its path. Somebody may delete, move or replace a file that a process has open, alone
/// or with its directory: the process would go on with a file that nobody else finds.
class PlacedFile {
  public:
    /// The file that is at the path now, if there is one.
    explicit PlacedFile(std::filesystem::path path) noexcept;
    /// The open file, which was opened by that path.
    PlacedFile(std::filesystem::path path, const UniqueFd& file) noexcept;

    /// Whether this very file is at its path: one statx(2).
    [[nodiscard]] bool is_in_place() const noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;  ///< 0: there was no file
};

}  // namespace belfry::base

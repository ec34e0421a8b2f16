#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// The small files of a data directory. A symbolic link, a pipe or a device that stands where such
/// a file should be is refused, never followed or waited for.
namespace belfry::base {

/// Opens a regular file. O_CREAT in `flags` makes it for its owner alone.
/// @return empty: refused, and errno says why (see reason_for())
[[nodiscard]] UniqueFd open_plain_file(const std::filesystem::path& path, int flags) noexcept;

/// What an errno of open_plain_file() means.
[[nodiscard]] std::string reason_for(int error);

/// The longest file of these holds a path, which is at most that long.
inline constexpr std::size_t max_plain_file = 4096;

/// Reads the whole file. @return none: it could not be opened or read, or is larger than
/// max_plain_file, and errno says why
[[nodiscard]] std::optional<std::string> read_plain_file(const std::filesystem::path& path);

/// Replaces the file whole or not at all: writes `PATH.new` for its owner alone, and renames it.
/// A death before the rename leaves `PATH.new`, which the next call overwrites.
/// @return 0, or the errno that says why not
[[nodiscard]] int replace_plain_file(const std::filesystem::path& path, std::string_view contents);

}  // namespace belfry::base

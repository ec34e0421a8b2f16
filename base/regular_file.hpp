#pragma once

#include "base/unique_fd.hpp"

#include <fcntl.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Small files whose paths another user may have tampered with. The functions refuse a symbolic
/// link, a pipe or a device: they do not follow a link, and opening never blocks.
namespace belfry::base {

/// Opens a regular file. With O_CREAT in `flags`, a new file gets the mode 0600.
/// @param folder the descriptor of the folder where a relative path begins; the default is the
/// working directory
/// @return empty on failure; then reason_for(errno) says why
[[nodiscard]] UniqueFd open_regular_file(const std::filesystem::path& path, int flags,
                                         int folder = AT_FDCWD) noexcept;

/// Describes an errno that open_regular_file() has set.
[[nodiscard]] std::string reason_for(int error);

/// The largest file that read_regular_file() reads, in bytes: enough for some of the longest paths.
inline constexpr std::size_t max_regular_file = 32768;

/// Reads the whole file. @return nothing if it cannot be opened or read, or is larger than
/// max_regular_file; then errno says why
[[nodiscard]] std::optional<std::string> read_regular_file(const std::filesystem::path& path);

/// Replaces the contents of the file atomically: writes `PATH.new` with the mode 0600, and renames
/// it. A process that is killed before the rename leaves `PATH.new`, which the next call
/// overwrites.
/// @return 0, or an errno
[[nodiscard]] int replace_regular_file(const std::filesystem::path& path,
                                       std::string_view contents);

}  // namespace belfry::base

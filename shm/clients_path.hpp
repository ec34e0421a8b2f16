#pragma once

#include <filesystem>
#include <optional>

/// The file `clients-file` in the data directory, which holds the path of the clients' file that
/// the server uses. So `belfryctl client` finds that file. Only the process that holds the data
/// directory's lock writes or removes it.
namespace belfry::shm {

/// Writes the absolute path atomically, with mode 0600. Without a path it removes the file.
/// @throws DataDirectoryError
void write_clients_path(const std::filesystem::path& data_dir,
                        const std::optional<std::filesystem::path>& path);

/// Returns the path. Any process may call it. @return nothing if there is no such file, or it
/// cannot be read
[[nodiscard]] std::optional<std::filesystem::path> read_clients_path(
    const std::filesystem::path& data_dir);

/// Removes the file, if there is one.
void remove_clients_path(const std::filesystem::path& data_dir) noexcept;

}  // namespace belfry::shm

#pragma once

#include <cstdint>
#include <filesystem>

/// The file that tells people the port. It may be anywhere. The file `port-file` in the data
/// directory holds its path, so that the process that stops the server finds it even if belfryd is
/// dead. Only the process that holds the data directory's lock calls these functions.
namespace belfry::shm {

/// Writes both files atomically, with mode 0600. The port file is written last, so that it never
/// exists without the other one.
/// @throws DataDirectoryError
void write_port_file(const std::filesystem::path& data_dir, const std::filesystem::path& path,
                     std::uint16_t port);

/// Removes the port file at that path, unless it holds another port.
void remove_port_file_at(const std::filesystem::path& path, std::uint32_t port) noexcept;

/// Removes the port file and the file that names it. A port file that holds another port belongs to
/// another server, and stays.
void remove_port_file(const std::filesystem::path& data_dir, std::uint32_t port) noexcept;

}  // namespace belfry::shm

#pragma once

#include <cstdint>
#include <filesystem>

/// The file that tells people the port. It may lie anywhere; `port-file` in the data directory
/// holds its path, so that whoever stops the server finds it, also when belfryd itself is dead.
/// By the process that holds the data directory's lock.
namespace belfry::shm {

/// Writes both files, each whole or not at all, for their owner alone. A port file never stands
/// without the other one.
/// @throws DataDirectoryError
void write_port_file(const std::filesystem::path& data_dir, const std::filesystem::path& path,
                     std::uint16_t port);

/// Removes a port file of that path, unless it holds another port.
void remove_port_file_at(const std::filesystem::path& path, std::uint32_t port) noexcept;

/// Removes the port file, if there is one, and what names it. One that holds another port is not
/// ours any more, and stays.
void remove_port_file(const std::filesystem::path& data_dir, std::uint32_t port) noexcept;

}  // namespace belfry::shm

#pragma once

#include <cstdint>
#include <filesystem>

namespace belfry::server {

/// The file that names the port for as long as the server runs. By the supervisor alone.
class PortFile {
  public:
    /// Writes it, whole or not at all, for its owner alone.
    /// @throws StartError that names it; nothing is left behind then
    PortFile(std::filesystem::path path, std::uint16_t port);
    PortFile(const PortFile&) = delete;
    PortFile& operator=(const PortFile&) = delete;

    /// Removes it.
    ~PortFile();

  private:
    std::filesystem::path path_;
};

}  // namespace belfry::server

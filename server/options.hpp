#pragma once

#include "server/logger.hpp"
#include "shm/layout.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::server {

/// What belfryd was asked to do.
struct Options {
    std::vector<std::string> client_ids;  ///< at least one, well-formed, none twice
    std::string listen = "127.0.0.1";     ///< an IPv4 or IPv6 address
    std::uint16_t port = 5000;            ///< 0: the system chooses
    std::optional<std::filesystem::path> port_file;
    std::filesystem::path data_dir = "belfry-data";
    shm::Durability durability = shm::Durability::commit;
    std::uint64_t keep_messages = 0;  ///< 0: all
    std::uint64_t keep_days = 0;      ///< 0: for ever
    std::uint64_t ring_bytes = 64ULL << 20;
    std::uint32_t max_clients = 1024;
    std::uint32_t max_payload = 64U << 10;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    std::optional<std::filesystem::path> config;  ///< what was read besides the command line
    bool check = false;                           ///< only say whether all this is good
};

/// Reads the command line and the configuration file. None: `--help` or `--version` was asked
/// for, and has been printed to standard output.
/// @throws cli::UsageError that names file and line where the mistake stands in the file
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::server

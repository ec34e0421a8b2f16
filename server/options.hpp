#pragma once

#include "auth/known_clients.hpp"
#include "daemon/logger.hpp"
#include "server/cluster_options.hpp"
#include "server/gate_options.hpp"
#include "shm/layout.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::server {

/// The options of belfryd, from the command line and the configuration file.
struct Options {
    std::vector<std::string> client_ids;                ///< all are valid and different
    std::optional<std::filesystem::path> clients_file;  ///< given if client_ids is empty
    std::string listen = "127.0.0.1";                   ///< an IPv4 or IPv6 address
    std::uint16_t port = 5000;                          ///< 0 lets the system choose
    std::optional<std::filesystem::path> port_file;
    std::optional<GateOptions> gate;        ///< nothing without a port for it
    std::optional<ClusterOptions> cluster;  ///< nothing on a single node
    std::filesystem::path data_dir = "belfry-data";
    shm::Durability durability = shm::Durability::commit;
    std::uint64_t keep_messages = 0;  ///< 0 keeps all
    std::uint64_t keep_days = 0;      ///< 0 keeps them for ever
    std::uint64_t ring_bytes = 64ULL << 20;
    std::uint32_t max_clients = 1024;
    std::uint32_t max_waiting = 16384;  ///< connections that have sent nothing yet
    std::uint32_t max_payload = 64U << 10;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    std::optional<std::filesystem::path> config;  ///< the configuration file
    bool check = false;                           ///< only check the configuration
};

/// Reads the command line and the configuration file.
/// @return nothing if `--help` or `--version` was given, which is then printed to standard output
/// @throws cli::UsageError, which names file and line if the mistake is in the file
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

/// Checks the files that the options name and that no other function reads: those of the cluster.
/// @throws cli::UsageError
void require_files(const Options& options);

/// Returns the clients of the options, after reading the clients' file.
/// @throws cli::UsageError
[[nodiscard]] auth::KnownClients read_clients(const Options& options);

}  // namespace belfry::server

#pragma once

#include "cluster/engine.hpp"
#include "daemon/logger.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::cluster {

/// The options of belfry-replica. belfryd and belfryctl pass all of them.
struct Options {
    enum class Command { run, join, check, reseed, add };

    Command command = Command::run;
    std::filesystem::path data_dir;
    EngineOptions engine;
    std::string node;                      ///< name of this node
    std::string address;                   ///< HOST:PORT for clients; empty: not given
    std::uint32_t generation = 0;          ///< run: of the entry in the table of processes
    std::uint32_t max_payload = 64 << 10;  ///< join, reseed: for new settings
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    bool force = false;  ///< reseed: although other nodes may have stored more
    bool json = false;   ///< check: print JSON
    std::string added;   ///< add: the name of the node
};

/// Reads the command line.
/// @return nothing if `--help` or `--version` was given, which is then printed to standard output
/// @throws cli::UsageError
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::cluster

#pragma once

#include "daemon/logger.hpp"
#include "gate/credentials.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::gate {

/// The options of belfry-gate. belfryd passes all of them.
struct Options {
    CredentialFiles files;
    std::filesystem::path gate_socket;  ///< where belfryd accepts relays
    int tls_fd = -1;                    ///< a listening socket that was inherited
    int supervisor_fd = -1;             ///< one end of a pair of sockets that was inherited
    std::size_t max_waiting = 16'384;   ///< connections without a first byte
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    bool check = false;  ///< only check the files
};

/// Reads the command line.
/// @return nothing if `--help` or `--version` was given, which is then printed to standard output
/// @throws cli::UsageError
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::gate

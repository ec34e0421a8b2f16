#pragma once

#include "daemon/logger.hpp"
#include "gate/credentials.hpp"
#include "gate/web_settings.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::gate {

/// The options of belfry-gate. belfryd passes all of them.
struct Options {
    std::optional<CredentialFiles> files;
    std::filesystem::path gate_socket;  ///< where belfryd accepts relays
    int tls_fd = -1;                    ///< an inherited listening socket for TLS; -1 for none
    int web_fd = -1;                    ///< the same for browsers
    std::optional<WebSettings> web;     ///< present with web_fd
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

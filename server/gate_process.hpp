#pragma once

#include "base/unique_fd.hpp"
#include "daemon/logger.hpp"
#include "server/gate_options.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string>

/// Runs the program belfry-gate, which stands beside belfryd's own program file.
namespace belfry::server {

/// Returns the path of the program.
/// @throws StartError
[[nodiscard]] std::filesystem::path gate_program();

/// The sockets at which the gate accepts connections.
struct GateSockets {
    int tls = -1;  ///< -1: it has none
    int web = -1;  ///< likewise
};

/// The things that the gate gets from the supervisor. It inherits the descriptors and standard
/// error.
struct GateHeritage {
    const std::filesystem::path& program;
    const GateOptions& options;
    const std::filesystem::path& socket;  ///< the path to which relays connect
    GateSockets listening;
    int supervisor;  ///< takes the gate's reports; its end means the supervisor's end
    LogLevel log_level;
    LogFormat log_format;
};

/// Forks and executes the gate. If the program cannot be executed, the child reports that as the
/// gate would.
/// @return its pid, or -1 with errno if the fork failed
[[nodiscard]] pid_t spawn_gate(const GateHeritage& heritage);

/// Runs `belfry-gate --check` on the certificates, which prints what is wrong with them.
/// @throws StartError if no process can be made
/// @return whether they can be used
[[nodiscard]] bool check_gate(const GateOptions& options);

}  // namespace belfry::server

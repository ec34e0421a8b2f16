#pragma once

#include "belfry/client.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// The address of a server.
struct ServerAddress {
    std::string host;  ///< a name, an IPv4 address or an IPv6 address
    std::string port;  ///< a decimal number

    bool operator==(const ServerAddress&) const = default;
};

/// The servers that the user named, and how to reach them.
struct Destination {
    std::vector<ServerAddress> servers;  ///< at least one; tried one after the other
    std::optional<Tls> tls = {};         ///< nothing: no TLS
};

/// Returns the servers as Options::servers of the client has them.
[[nodiscard]] std::vector<std::string> urls_of(const Destination& destination);

/// Reads the value of `--server-ip`: names and addresses with commas between them, each with an
/// optional `:port`. An IPv6 address with a port stands in brackets.
/// @param port the port of the servers that name none
/// @throws cli::UsageError
[[nodiscard]] std::vector<ServerAddress> read_servers(std::string_view text,
                                                      const std::string& port);

}  // namespace belfry::terminal

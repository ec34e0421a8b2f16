#pragma once

#include "belfry/client.hpp"

#include <optional>
#include <string>
#include <vector>

namespace belfry::client {

/// The address of a server.
struct ServerAddress {
    std::string host;  ///< a name, an IPv4 address or an IPv6 address
    std::string port;  ///< a decimal number

    bool operator==(const ServerAddress&) const = default;
};

/// The servers that a client may use, and how it reaches them.
struct Destination {
    std::vector<ServerAddress> servers;  ///< at least one; tried one after the other
    std::optional<Tls> tls = {};         ///< nothing: no TLS
    /// Whether the connection ends if no server can be reached before the first login.
    bool fail_fast = true;
};

}  // namespace belfry::client

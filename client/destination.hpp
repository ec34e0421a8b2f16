#pragma once

#include "client/tls_context.hpp"

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
    std::optional<TlsOptions> tls = {};  ///< nothing: no TLS
};

}  // namespace belfry::client

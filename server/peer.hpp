#pragma once

#include <string>

namespace belfry::server {

/// Returns the peer of a connection as `127.0.0.1:4711` or `[::1]:4711`, or `?` if it is not known
/// any more.
[[nodiscard]] std::string peer_of(int socket);

/// Joins an IPv4 or IPv6 address and a port in that form.
[[nodiscard]] std::string endpoint(const std::string& address, const std::string& port);

/// Tells whether the connection has not been reset.
[[nodiscard]] bool is_connected(int socket) noexcept;

}  // namespace belfry::server

#pragma once

#include <string>

namespace belfry::server {

/// `127.0.0.1:4711` or `[::1]:4711`: the other end of a connection; `?` where it is not known any
/// more.
[[nodiscard]] std::string peer_of(int socket);

/// An IPv4 or IPv6 address and a port, in that form.
[[nodiscard]] std::string endpoint(const std::string& address, const std::string& port);

/// @return false: the connection was reset, and nobody reads what is written to it
[[nodiscard]] bool is_connected(int socket) noexcept;

}  // namespace belfry::server

#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace belfry::base {

/// The address and port of one end of a connection.
struct Endpoint {
    using Address = std::array<std::uint8_t, 16>;

    /// An IPv6 address in network byte order. An IPv4 address is mapped (::ffff:192.0.2.7). All
    /// zeros mean that the address is not known.
    Address address = {};
    std::uint16_t port = 0;

    [[nodiscard]] bool is_known() const noexcept { return address != Address{}; }
    [[nodiscard]] bool is_ipv4() const noexcept;
    /// Tells whether the address is in 127.0.0.0/8 or is ::1.
    [[nodiscard]] bool is_loopback() const noexcept;
    auto operator<=>(const Endpoint&) const = default;
};

/// Parses `192.0.2.7` or `2001:db8::7`. The port is 0. Nothing if the text is no address.
[[nodiscard]] std::optional<Endpoint> parse_address(const std::string& text) noexcept;

/// Returns `192.0.2.7` or `2001:db8::7`, or `?` if the address is not known.
[[nodiscard]] std::string address_text(const Endpoint& endpoint);

/// Returns `192.0.2.7:5000` or `[2001:db8::7]:5000`, or `?` if the address is not known.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

/// Returns the endpoint in a socket address; an unknown one unless it is IPv4 or IPv6.
[[nodiscard]] Endpoint endpoint_in(const sockaddr_storage& address) noexcept;

/// Returns the other end of a connection, or an unknown endpoint if it is not TCP or was reset.
[[nodiscard]] Endpoint peer_endpoint(int socket) noexcept;

/// Returns this end of a connection in the same way.
[[nodiscard]] Endpoint local_endpoint(int socket) noexcept;

}  // namespace belfry::base

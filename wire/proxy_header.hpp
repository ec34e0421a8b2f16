#pragma once

#include "base/endpoint.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The header that a relay of the gate sends to belfryd before the bytes of its client: version 2
/// of the PROXY protocol (haproxy's proxy-protocol.txt), which tells who the client is. In front of
/// the length are the signature and the command, after it the addresses and values of the form
/// type, length, value. A value of the private type 0xE0 names the transport.
namespace belfry::wire {

/// The largest header in bytes. A longer one is refused.
inline constexpr std::size_t max_proxy_header = 512;

/// The largest text in a header in bytes, which is also the limit of a common name in X.509.
inline constexpr std::size_t max_proxy_text = 64;

/// The way by which the client of a relay is connected.
enum class ProxyTransport { tls, web };

/// The facts about a TLS connection that a relay tells.
struct ProxyTls {
    std::string_view version;  ///< such as `TLSv1.3`
    std::string_view cipher;   ///< such as `TLS_AES_256_GCM_SHA384`
    /// The common name of the certificate that the client has shown, if it was verified; else
    /// empty.
    std::string_view common_name;
};

/// A header. The views of a parsed one point into its bytes.
struct ProxyHeader {
    base::Endpoint peer;   ///< the client's end of its connection
    base::Endpoint local;  ///< the gate's end of it
    ProxyTransport transport;
    std::optional<ProxyTls> tls;  ///< nothing if the connection is not encrypted
};

/// A parsed header and its length in bytes.
struct ProxyHeaderStep {
    ProxyHeader header;
    std::size_t consumed;
};

/// Appends the header, in at most max_proxy_header bytes. A text that is longer than
/// max_proxy_text, or that is not printable ASCII, is left out.
void print_proxy_header(std::string& out, const ProxyHeader& header);

/// Parses the header at the front of the bytes, which others may follow.
/// @return nothing if a complete header of version 2 with the command PROXY, a TCP connection and a
///     transport is not there, if it is too long, or if a text is not one that can be printed
[[nodiscard]] std::optional<ProxyHeaderStep> parse_proxy_header(std::string_view bytes) noexcept;

}  // namespace belfry::wire

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::base {

/// The scheme of a page and of the WebSockets that it opens to its own server.
enum class WebScheme { http, https };

/// Where a page came from, as browsers compare it: `https://example.com` or `http://[::1]:8080`.
struct WebOrigin {
    WebScheme scheme;
    std::string host;  ///< in lower case; an IPv6 address without brackets in its shortest form
    std::uint16_t port;
    bool operator==(const WebOrigin&) const = default;
};

/// Parses an origin. A URL with a path other than `/`, or with a user, is none.
[[nodiscard]] std::optional<WebOrigin> parse_origin(std::string_view url);

/// Parses the field Host of a request that came with this scheme.
[[nodiscard]] std::optional<WebOrigin> parse_host(std::string_view host, WebScheme scheme);

}  // namespace belfry::base

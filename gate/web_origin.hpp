#pragma once

#include "gate/openssl.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::gate {

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

/// Which servers the gate answers for, and whose pages may connect to it. Without the first, a page
/// of another name could be pointed here (DNS rebinding); without the second, any page could
/// connect with the browser of its visitor.
class WebOrigins {
  public:
    /// @param listed further origins whose pages may connect, and whose hosts are this server
    explicit WebOrigins(WebScheme scheme, std::vector<WebOrigin> listed)
        : scheme_{scheme}, listed_{std::move(listed)} {}

    [[nodiscard]] WebScheme scheme() const noexcept { return scheme_; }

    /// Tells whether a host is this server: an address, `localhost`, a name of the certificate, or
    /// the host of a listed origin.
    /// @param certificate null if there is none
    [[nodiscard]] bool is_own_host(const WebOrigin& host, X509* certificate) const;

    /// Tells whether a page of the origin may connect to the host.
    [[nodiscard]] bool may_connect(std::string_view origin, const WebOrigin& host) const;

  private:
    WebScheme scheme_;
    std::vector<WebOrigin> listed_;
};

}  // namespace belfry::gate

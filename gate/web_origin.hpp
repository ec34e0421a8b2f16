#pragma once

#include "base/web_origin.hpp"
#include "gate/openssl.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace belfry::gate {

using base::parse_host;
using base::parse_origin;
using base::WebOrigin;
using base::WebScheme;

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

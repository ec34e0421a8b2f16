#pragma once

#include "gate/openssl.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::gate {

/// Which servers the gate is, and whose pages may connect to it. Without the first, a page of
/// another name could be pointed here (DNS rebinding). Without the second, any page could connect
/// with the browser of its visitor. Origins have the form of base::web_origin().
class WebOrigins {
  public:
    /// @param is_secure whether browsers connect by TLS
    /// @param listed further origins whose pages may connect, and whose hosts are this server
    WebOrigins(bool is_secure, std::vector<std::string> listed)
        : is_secure_{is_secure}, listed_{std::move(listed)} {}

    [[nodiscard]] bool is_secure() const noexcept { return is_secure_; }

    /// Returns the origin of a page that a browser has got from this host.
    /// @param host the field Host of the request; nothing comes back if it is malformed
    [[nodiscard]] std::optional<std::string> origin_of(std::string_view host) const;

    /// Tells whether the host of an origin is this server: an address, `localhost`, a name of the
    /// certificate, or the host of a listed origin.
    /// @param certificate null if there is none
    [[nodiscard]] bool is_own(std::string_view origin, X509* certificate) const;

    /// Tells whether a page may connect.
    /// @param page the field Origin of the request
    /// @param own the origin of the host of the request
    [[nodiscard]] bool may_connect(std::string_view page, std::string_view own) const;

  private:
    bool is_secure_;
    std::vector<std::string> listed_;
};

}  // namespace belfry::gate

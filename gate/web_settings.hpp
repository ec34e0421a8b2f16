#pragma once

#include "base/endpoint.hpp"
#include "gate/web_origin.hpp"

#include <optional>

namespace belfry::gate {

/// The settings of the web port.
struct WebSettings {
    WebOrigins origins;
    /// The reverse proxy, whose requests name their client. Its port has no meaning.
    std::optional<base::Endpoint> proxy;

    [[nodiscard]] bool has_tls() const noexcept { return origins.is_secure(); }

    /// Tells whether a connection comes from the reverse proxy.
    [[nodiscard]] bool is_proxy(const base::Endpoint& peer) const noexcept {
        return proxy && proxy->address == peer.address;
    }
};

}  // namespace belfry::gate

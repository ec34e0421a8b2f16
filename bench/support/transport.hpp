#pragma once

#include "bench/support/tls.hpp"

#include <string_view>

namespace belfry::bench {

/// The suffix of the names of servers and figures in tables if clients use WebSocket.
inline constexpr const char* over_web_socket = " over WebSocket";

/// How clients connect to a server: over TCP unless it says otherwise.
struct Transport {
    const Tls* tls = nullptr;  ///< unless it is null, over TLS; it outlives the server
    bool is_web_socket = false;

    /// Returns the suffix of the server's name in tables.
    [[nodiscard]] std::string_view suffix() const {
        if (is_web_socket) return over_web_socket;
        return tls == nullptr ? "" : over_tls;
    }
};

}  // namespace belfry::bench

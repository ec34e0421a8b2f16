#pragma once

#include "auth/known_clients.hpp"
#include "server/options.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Warnings about clients and networks that are not protected. The supervisor logs them.
namespace belfry::server {

/// Returns a line that says what others on a network can do; nothing if the server listens on
/// loopback alone, or if it uses TLS and every client needs a secret or a certificate. A web port
/// without TLS counts as the plain port does, also if a reverse proxy is named: what the proxy
/// sends crosses the same network. With a proxy the server is never reached from this machine
/// alone.
[[nodiscard]] std::optional<std::string> exposure_of(const Options& options,
                                                     const auth::KnownClients& clients);

inline constexpr std::string_view readable_by_others =
    "users other than the owner and group of the clients file can read its hashes; use chmod o=";

/// Logs what exposure_of() returns, and whether others may read the clients' file.
void warn_of_exposure(const Options& options, const auth::KnownClients& clients);

}  // namespace belfry::server

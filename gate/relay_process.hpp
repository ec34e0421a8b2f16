#pragma once

#include "base/endpoint.hpp"
#include "base/unique_fd.hpp"
#include "gate/credentials.hpp"
#include "gate/web_settings.hpp"
#include "sandbox/sandbox.hpp"

#include <sys/types.h>

namespace belfry::gate {

/// The things that a relay inherits from the gate. Everything else is closed.
struct RelayHeritage {
    base::UniqueFd client;   ///< the connection of the client
    base::UniqueFd session;  ///< a connection to belfryd; empty if there is none
    base::Endpoint peer;     ///< the client's address
    int logins;              ///< a pipe to the gate; the relay writes its pid when a client logs in
    Credentials* credentials;  ///< null without a certificate
    const WebSettings* web;    ///< null if the client speaks the native protocol over TLS
    const sandbox::Sandbox* sandbox;
};

/// The exit status of a relay whose client has sent something else than a handshake of TLS or a
/// request, or whose certificate was refused.
inline constexpr int exit_client_refused = 3;

/// Forks a relay, which serves one client and ends with it. The gate must have one thread.
/// @return the pid of the relay, or -1 with errno
[[nodiscard]] pid_t spawn_relay(RelayHeritage& heritage) noexcept;

}  // namespace belfry::gate

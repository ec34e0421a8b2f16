#pragma once

#include "gate/openssl.hpp"

#include <string>

namespace belfry::gate {

/// Completes a handshake between a server and a client in memory, and sends a byte each way.
/// @param server the settings of the server, without a key
/// @return why it failed; empty if it succeeded
[[nodiscard]] std::string try_handshake(SSL_CTX* server, EVP_PKEY* key);

}  // namespace belfry::gate

#pragma once

#include "server/session_context.hpp"
#include "wire/command.hpp"
#include "wire/error_code.hpp"

#include <cstdint>
#include <optional>

namespace belfry::server {

/// The result of the check who a client is.
struct Authentication {
    std::optional<wire::ErrorCode> refusal;  ///< why it may not log in
    std::uint64_t secret_version = 0;        ///< that of the client's secrets
};

/// Verifies the secret or the certificate of a client, and then unmaps the secrets of all clients.
/// It touches nothing of the client's. Only the input thread of a session child calls it, once.
[[nodiscard]] Authentication authenticate(const Heritage& heritage, const wire::Login& login);

/// Tells whether clients are asked for secrets. If not, a client-id that is not known is refused
/// with `unknown-client`.
[[nodiscard]] bool asks_for_secrets(const Heritage& heritage) noexcept;

}  // namespace belfry::server

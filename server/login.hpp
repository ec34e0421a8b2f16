#pragma once

#include "server/delivery.hpp"
#include "server/session_context.hpp"

#include <optional>

namespace belfry::server {

/// Waits for LOGIN, makes this the session of its client, and starts the delivery, which welcomes
/// the client. Only the input thread of a session child calls it, once.
/// @return the subscription, even if the loop has ended meanwhile; nothing if no client logged in,
/// and then the loop has ended
[[nodiscard]] std::optional<Subscription> log_in(SessionContext& context);

}  // namespace belfry::server

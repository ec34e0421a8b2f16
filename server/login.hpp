#pragma once

#include "server/delivery.hpp"
#include "server/heritage.hpp"
#include "server/session_loop.hpp"
#include "shm/session.hpp"

#include <optional>

namespace belfry::server {

/// Waits for LOGIN, makes the session that of its client, welcomes it and starts the delivery. By
/// the input thread of a session child, once. All three arguments outlive the delivery.
/// @return what was logged in, also where the loop has ended since; none: nothing was, and the loop
/// has ended
[[nodiscard]] std::optional<Subscription> log_in(Heritage& heritage, shm::Session& session,
                                                 SessionLoop& loop);

}  // namespace belfry::server

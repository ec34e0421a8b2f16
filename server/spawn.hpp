#pragma once

#include "server/heritage.hpp"

#include <sys/types.h>

namespace belfry::server {

/// Forks a session child. In the child everything is closed but standard error, the connection
/// and `alive`; it runs the session and never returns.
/// @param alive the held file of the data directory
/// In the parent the heritage stays as it is: its end closes the connection here.
/// @return the child's pid; -1 with errno where the system has none left
[[nodiscard]] pid_t spawn_session(Heritage& heritage, const shm::UniqueFd& alive) noexcept;

}  // namespace belfry::server

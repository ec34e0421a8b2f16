#pragma once

#include "server/heritage.hpp"

#include <sys/types.h>

/// The forks. A child closes what it does not inherit, and never returns from them.
namespace belfry::server {

/// Forks a session child. @return its pid; -1 with errno where there can be no other process
[[nodiscard]] pid_t spawn_session(Heritage& heritage, const base::UniqueFd& alive) noexcept;

/// Forks the archiver. @return likewise
[[nodiscard]] pid_t spawn_archiver(const ArchiverHeritage& heritage,
                                   const base::UniqueFd& alive) noexcept;

}  // namespace belfry::server

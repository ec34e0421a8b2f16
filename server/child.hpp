#pragma once

#include "base/unique_fd.hpp"
#include "server/archiver_process.hpp"
#include "server/session_process.hpp"
#include "shm/process_entry.hpp"

#include <sys/types.h>

/// The processes that the supervisor watches: how it forks them, and how it takes over those of an
/// earlier supervisor. By the supervisor alone.
namespace belfry::server {

struct Child {
    pid_t pid = 0;         ///< 0: none
    base::UniqueFd pidfd;  ///< only of an adopted child: waitpid(2) reports the others

    void signal(int number) const noexcept;
};

/// Takes over the process that has claimed the entry. If that process is dead, nobody holds the
/// entry any more.
/// @return its pid is 0 if the process is dead
/// @throws StartError if no descriptor is left to watch it
[[nodiscard]] Child adopt(shm::ProcessEntry& entry);

/// Forks a session child. The child closes what it does not inherit, and never returns.
/// @return its pid; -1 with errno if there can be no other process
[[nodiscard]] pid_t spawn_session(Heritage& heritage, const base::UniqueFd& alive) noexcept;

/// Forks the archiver in the same way.
[[nodiscard]] pid_t spawn_archiver(const ArchiverHeritage& heritage,
                                   const base::UniqueFd& alive) noexcept;

}  // namespace belfry::server

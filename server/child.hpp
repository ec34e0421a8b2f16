#pragma once

#include "base/unique_fd.hpp"
#include "sandbox/sandbox.hpp"
#include "server/archiver_process.hpp"
#include "server/session_process.hpp"
#include "shm/process_entry.hpp"

#include <sys/types.h>

/// Forks the processes that the supervisor watches, and takes over those of an earlier supervisor.
/// Only the supervisor calls these functions.
namespace belfry::server {

struct Child {
    pid_t pid = 0;         ///< 0 if there is no process
    base::UniqueFd pidfd;  ///< only of an adopted child; waitpid(2) reports the others

    void signal(int number) const noexcept;
};

/// Takes over the process that has claimed the entry.
/// @return a child with pid 0 if no live process has claimed the entry
/// @throws StartError if no descriptor is left to watch the process
[[nodiscard]] Child adopt(shm::ProcessEntry& entry);

/// Forks a session child. The child closes what it does not inherit, enters the sandbox, and never
/// returns.
/// @return its pid, or -1 with errno if the fork failed
[[nodiscard]] pid_t spawn_session(Heritage& heritage, const sandbox::Sandbox& sandbox,
                                  const base::UniqueFd& alive) noexcept;

/// Forks the archiver in the same way.
[[nodiscard]] pid_t spawn_archiver(const ArchiverHeritage& heritage,
                                   const base::UniqueFd& alive) noexcept;

}  // namespace belfry::server

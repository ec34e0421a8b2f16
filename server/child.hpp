#pragma once

#include "base/unique_fd.hpp"
#include "shm/process_entry.hpp"

#include <sys/types.h>

namespace belfry::server {

/// A process that the supervisor watches.
struct Child {
    pid_t pid = 0;         ///< 0: none
    base::UniqueFd pidfd;  ///< of an adopted one alone: the others are waited for

    void signal(int number) const noexcept;
};

/// Takes over the process that has claimed the entry; takes the entry back where none has.
/// @return its pid is 0 where none lives
/// @throws StartError where no descriptor is left to watch it
[[nodiscard]] Child adopt(shm::ProcessEntry& entry);

}  // namespace belfry::server

#pragma once

#include "shm/segment.hpp"

#include <sys/types.h>

namespace belfry::ctl {

/// The process that has the entry; 0: none, or it is dead. Takes no lock.
[[nodiscard]] pid_t live_pid(const shm::ProcessEntry& entry) noexcept;

/// Whether a process of the server that has this segment lives. Takes no lock; what became of the
/// data directory does not matter.
[[nodiscard]] bool is_anybody_alive(const shm::Segment& segment) noexcept;

}  // namespace belfry::ctl

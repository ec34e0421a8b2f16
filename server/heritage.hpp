#pragma once

#include "shm/segment.hpp"
#include "shm/session_slots.hpp"
#include "shm/unique_fd.hpp"

#include <chrono>

namespace belfry::server {

/// All that a session child inherits from the supervisor, besides standard error and the held
/// `alive` file. Everything else is closed before the child starts.
struct Heritage {
    shm::Segment& segment;
    shm::GivenSlot slot;
    shm::UniqueFd socket;  ///< the client's connection, blocking
    std::chrono::steady_clock::time_point login_deadline;
};

}  // namespace belfry::server

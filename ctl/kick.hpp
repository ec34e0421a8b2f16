#pragma once

#include "shm/segment.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace belfry::ctl {

/// The result of end_session().
enum class SessionEnd {
    not_online,
    ended,
    still_running,  ///< the process has not ended in time, although it was killed
};

/// Ends the session of a client, and waits until its process has ended. A process that is stopped
/// or stuck is killed. Without a supervisor, the client of a session that was killed stays online.
[[nodiscard]] SessionEnd end_session(const shm::Segment& segment, std::uint32_t row);

/// Ends the session of a client, and prints that it has ended.
/// @throws Refusal if the client is unknown or not online, or the process does not end
void kick(std::ostream& out, const shm::Segment& segment, const std::string& client_id);

}  // namespace belfry::ctl

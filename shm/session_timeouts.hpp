#pragma once

#include <chrono>

/// The timeouts at the end of a session.
namespace belfry::shm {

/// Limit of each of three waits after SIGTERM: until the client has read a pending answer, until
/// the output thread has written its last bytes, and until the client has read the last line.
inline constexpr std::chrono::milliseconds last_line_timeout{200};

/// How long a session discards input after its last line (wire/PROTOCOL.md).
inline constexpr std::chrono::milliseconds close_timeout{1000};

/// How long a session that has been asked to end may still run. One that runs longer is stopped or
/// stuck, and is killed.
inline constexpr std::chrono::milliseconds kill_timeout{3500};

// A client that reads nothing and keeps its connection open uses up the other timeouts. Its session
// must end in order even if the machine is so busy that this takes twice as long.
static_assert(kill_timeout >= 2 * (3 * last_line_timeout + close_timeout));

}  // namespace belfry::shm

#pragma once

#include "shm/segment.hpp"

#include <filesystem>

/// Ends a server that has no supervisor. These functions need only the frozen parts of the segment,
/// so they work with any layout. Only the holder of the data directory's lock calls them.
namespace belfry::shm {

/// Asks all sessions to end, kills those that take longer than half a second, and waits for all of
/// them. The entry of a child that has not claimed it yet is taken back, so that the child exits.
/// @return false if a session did not exit
[[nodiscard]] bool end_sessions(const Segment& segment);

/// Lets a running archiver store the remaining records and exit, and kills it if it takes too long.
/// end_sessions() must have run before.
void end_archiver(const Segment& segment);

/// Waits until no process of the server is left. @return false if some are left
[[nodiscard]] bool wait_for_nobody(const std::filesystem::path& data_dir);

}  // namespace belfry::shm

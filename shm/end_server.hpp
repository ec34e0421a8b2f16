#pragma once

#include "shm/segment.hpp"

#include <filesystem>

/// Ends a server that has no supervisor. Uses the frozen prefix alone, so that it works on a
/// segment of any layout. By the holder of the data directory's lock.
namespace belfry::shm {

/// Asks all sessions to end, kills who has not ended in half a second, waits for all. A child
/// that has not claimed its entry yet finds it taken back, and ends by itself.
/// @return false: one of them does not die
[[nodiscard]] bool end_sessions(const Segment& segment);

/// Lets the archiver that lives, if one does, store what is left and end. Behind end_sessions().
/// Kills one that takes too long.
void end_archiver(const Segment& segment);

/// Waits until no process of the server lives any more. @return false: some do
[[nodiscard]] bool wait_for_nobody(const std::filesystem::path& data_dir);

}  // namespace belfry::shm

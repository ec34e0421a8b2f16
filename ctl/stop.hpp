#pragma once

#include "shm/segment_file.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::ctl {

/// Ends the server cleanly, and removes its segment. If the supervisor is alive, it is told to do
/// so. Otherwise this process does the supervisor's work.
/// @throws Refusal if something does not end, or not everything could be stored
void stop_server(const std::filesystem::path& data_dir, const shm::FoundSegment& found);

/// Deletes the segment of a dead server. @throws Refusal if any process of the server is alive
/// @return how many messages are lost, because they were not stored yet
[[nodiscard]] std::uint64_t remove_dead_segment(const std::filesystem::path& data_dir,
                                                const shm::FoundSegment& found);

}  // namespace belfry::ctl

#pragma once

#include "shm/segment_file.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::ctl {

/// Ends the server cleanly and removes the segment: through its supervisor where one lives, else
/// on its behalf. @throws Refusal
void stop_server(const std::filesystem::path& data_dir, const shm::FoundSegment& found);

/// Deletes the segment of a dead server. @throws Refusal where any process of it lives
/// @return how many of its messages were to be stored, and were not
[[nodiscard]] std::uint64_t remove_dead_segment(const std::filesystem::path& data_dir,
                                                const shm::FoundSegment& found);

}  // namespace belfry::ctl

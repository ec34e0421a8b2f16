#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <optional>

namespace belfry::ctl {

/// Maps the segment of a data directory. Returns nothing if there is none.
/// @throws Refusal if this program cannot read more than the segment's prefix
/// @throws shm::SegmentError
[[nodiscard]] std::optional<shm::FoundSegment> find_readable_segment(
    const std::filesystem::path& data_dir, boost::interprocess::mode_t mode);

}  // namespace belfry::ctl

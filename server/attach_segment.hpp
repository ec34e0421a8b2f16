#pragma once

#include "server/options.hpp"
#include "shm/segment_file.hpp"

#include <optional>

/// The segment that is served: an earlier server's, or a new one. By the holder of the data
/// directory's lock, before anything is forked. All of it throws StartError, SegmentError or
/// StoreError.
namespace belfry::server {

/// An earlier server's segment, if it can be gone on with, and its store goes with it. A torn one
/// is removed. The processes of one that was removed, or that with a store has another layout, are
/// ended, and it is given up.
[[nodiscard]] std::optional<shm::FoundSegment> segment_to_adopt(const Options& options);

/// A new segment, made from what the store says.
[[nodiscard]] shm::FoundSegment new_segment(const Options& options);

}  // namespace belfry::server

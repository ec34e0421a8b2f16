#pragma once

#include "server/options.hpp"
#include "server/replica_process.hpp"
#include "shm/segment_file.hpp"

#include <optional>

/// Chooses the segment to serve: one that an earlier server left, or a new one. Only the holder of
/// the data directory's lock calls these functions, before it forks anything. They throw
/// StartError, SegmentError or StoreError.
namespace belfry::server {

/// Returns an earlier server's segment if this server can continue with it and its store. A torn
/// segment is removed. A segment that was removed, or that has a store and another layout, is given
/// up after its processes have been ended and its records stored.
[[nodiscard]] std::optional<shm::FoundSegment> segment_to_adopt(const Options& options);

/// Creates a segment from the state of the store.
/// @param cluster the settings of the cluster that this node has joined; nothing on a single node
[[nodiscard]] shm::FoundSegment new_segment(const Options& options,
                                            const auth::KnownClients& clients,
                                            const std::optional<ClusterSettings>& cluster);

}  // namespace belfry::server

#pragma once

#include "shm/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry::cluster {

/// A batch has at most this many bytes, unless it is a single entry that is larger. A part of what
/// a batch costs does not depend on its size, so the servers of etcd need more processor time for
/// the same messages in smaller batches (bench/README.md).
inline constexpr std::size_t max_batch_bytes = 128 << 10;

/// Copies the next batch out of the outbox: as many whole entries as there are from `position` on,
/// up to max_batch_bytes, or a single larger one.
/// @param position where an entry begins, below the outbox's end
/// @return nothing of use if the outbox's head has passed the position meanwhile, because sessions
/// may then write over the entry
[[nodiscard]] std::string cut_batch(const shm::Segment& segment, std::uint64_t position);

}  // namespace belfry::cluster

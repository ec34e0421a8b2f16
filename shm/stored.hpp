#pragma once

#include "shm/segment.hpp"

#include <cstdint>
#include <span>

namespace belfry::shm {

/// Says that everything up to `id` is in the store: it becomes visible with durability commit (5),
/// and may be overwritten (4). Wakes writers that wait for space. By the archiver alone.
/// @param seqs by row: the highest one of what is newly stored; 0: nothing of that client is
///
/// | killed after | what is left                  | mended by                             |
/// |--------------|-------------------------------|---------------------------------------|
/// | a seq        | seqs of what is not shown yet | the next archiver, which says it again |
/// | `stored_id`  | writers and readers asleep    | the supervisor wakes everybody        |
void publish_stored(Segment& segment, std::span<const std::uint64_t> seqs,
                    std::uint64_t id) noexcept;

}  // namespace belfry::shm

#pragma once

#include "shm/segment.hpp"

#include <cstdint>
#include <span>

namespace belfry::shm {

/// Publishes that the store holds all records up to `id`. With durability commit they become
/// visible (5); they may be overwritten (4), so writers that wait for space are woken. Only the
/// archiver calls it.
/// @param seqs by row: the highest seq among the newly stored messages of that client, or 0
///
/// | killed after | what is left                  | mended by                             |
/// |--------------|-------------------------------|---------------------------------------|
/// | a seq        | seqs of messages not yet visible | the next archiver, which repeats it |
/// | `stored_id`  | writers and readers asleep    | the supervisor wakes everybody        |
void publish_stored(Segment& segment, std::span<const std::uint64_t> seqs,
                    std::uint64_t id) noexcept;

}  // namespace belfry::shm

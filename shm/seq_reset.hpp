#pragma once

#include "shm/segment.hpp"

#include <cstdint>

namespace belfry::shm {

/// If a client's seq is above max_free_seq, lowers it to the highest seq up to max_free_seq among
/// its messages. Any process that may write to the segment; takes the lock.
///
/// | killed after | what is left                        | mended by                          |
/// |--------------|-------------------------------------|------------------------------------|
/// | the lock     | the lock of a dead holder           | the next holder                    |
/// | `stored_seq` | the high seq still counts           | calling this again                 |
/// | `last_seq`   | the lock; the seq has been set back | the next holder: nothing to repair |
///
/// @param row of a client whose messages are all stored, where there is a store
/// @param seen its `last_seq`, read before all its messages were found stored
/// @param highest_in_store the highest seq up to max_free_seq of its messages in the store; 0: none
/// @return false: the client is online, or has appended something since; nothing was changed
[[nodiscard]] bool reset_seq(Segment& segment, std::uint32_t row, std::uint64_t seen,
                             std::uint64_t highest_in_store) noexcept;

}  // namespace belfry::shm

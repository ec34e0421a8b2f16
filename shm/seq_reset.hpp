#pragma once

#include "shm/segment.hpp"

#include <cstdint>

namespace belfry::shm {

/// Lowers a client's last seq, if it is above max_free_seq, to the highest seq up to max_free_seq
/// among the client's messages. Any process that may write to the segment may call it; it takes the
/// lock.
///
/// | killed after | what is left                        | mended by                          |
/// |--------------|-------------------------------------|------------------------------------|
/// | the lock     | the lock of a dead holder           | the next holder                    |
/// | `stored_seq` | the high seq still counts           | another call                       |
/// | `last_seq`   | the lock; the seq has been set back | the next holder: nothing to repair |
///
/// @param row of a client whose messages are all stored, if there is a store
/// @param seen the client's `last_seq`, read before its messages were found to be stored
/// @param highest_in_store the highest seq up to max_free_seq of its messages in the store, or 0
/// @return false if the client is online or has appended since; nothing was changed
[[nodiscard]] bool reset_seq(Segment& segment, std::uint32_t row, std::uint64_t seen,
                             std::uint64_t highest_in_store) noexcept;

}  // namespace belfry::shm

#pragma once

#include "shm/process_entry.hpp"
#include "shm/segment.hpp"

#include <cstdint>

/// The supervisor's side of the session slots. By the supervisor alone; takes no lock.
namespace belfry::shm {

struct GivenSlot {
    std::uint32_t slot;
    std::uint32_t generation;
};

/// Gives a free slot to a child that is about to be forked.
[[nodiscard]] GivenSlot give_slot(Segment& segment, std::uint32_t slot) noexcept;

/// Takes the slot of a dead child back, and wakes for it whom it may have left asleep (11).
void reap_slot(Segment& segment, std::uint32_t slot) noexcept;

/// Whether the slot's child has logged in and was not reaped yet. Anybody may ask.
[[nodiscard]] bool is_logged_in(const Segment& segment, std::uint32_t slot) noexcept;

/// Whether the slot's child serves a client that is not known any more.
[[nodiscard]] bool is_unwanted(const Segment& segment, std::uint32_t slot) noexcept;

/// Makes this process the supervisor that everybody sees.
void claim_supervision(Segment& segment) noexcept;

}  // namespace belfry::shm

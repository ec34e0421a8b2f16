#pragma once

#include "shm/process.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <optional>

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

/// Takes the slot back if no child has claimed it, also one that is about to (its claim fails).
/// @return false: a child has claimed it
[[nodiscard]] bool revoke_unclaimed(Segment& segment, std::uint32_t slot) noexcept;

/// The process that has claimed the slot; none where nobody has.
[[nodiscard]] std::optional<ProcessId> claimant(const Segment& segment,
                                                std::uint32_t slot) noexcept;

/// Whether the slot's child has logged in.
[[nodiscard]] bool is_logged_in(const Segment& segment, std::uint32_t slot) noexcept;

/// Makes this process the supervisor that everybody sees.
void claim_supervision(Segment& segment) noexcept;

/// The process that an entry names; none where it is empty.
[[nodiscard]] std::optional<ProcessId> process_in(const ProcessEntry& entry) noexcept;

}  // namespace belfry::shm

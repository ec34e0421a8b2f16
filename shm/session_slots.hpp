#pragma once

#include "base/endpoint.hpp"
#include "shm/process_entry.hpp"
#include "shm/segment.hpp"

#include <cstdint>

/// The supervisor's side of the session slots. Only the supervisor calls these functions, except
/// for those that say otherwise. None of them takes a lock.
namespace belfry::shm {

struct GivenSlot {
    std::uint32_t slot;
    std::uint32_t generation;
};

/// A client's connection, as belfryctl shows it.
struct Peer {
    base::Endpoint endpoint = {};
    Transport transport = Transport::tcp;
};

/// Gives a free slot to a child that will be forked next, and shows there whom it serves.
[[nodiscard]] GivenSlot give_slot(Segment& segment, std::uint32_t slot,
                                  const Peer& peer = {}) noexcept;

/// Returns whom the slot's child serves. Any process may call it.
[[nodiscard]] Peer peer_in(const SessionSlot& session) noexcept;

/// Takes the slot of a dead child back, and wakes the processes that the child may have left
/// asleep (11).
void reap_slot(Segment& segment, std::uint32_t slot) noexcept;

/// Tells whether the slot's child has logged in and was not reaped yet. Any process may call it.
[[nodiscard]] bool is_logged_in(const Segment& segment, std::uint32_t slot) noexcept;

/// Tells whether the slot's child serves a client that is not known any more, or whose secrets have
/// changed since its login. Any process may call it.
[[nodiscard]] bool is_unwanted(const Segment& segment, std::uint32_t slot) noexcept;

/// Writes this process into the supervisor's entry of the table of processes.
void claim_supervision(Segment& segment) noexcept;

}  // namespace belfry::shm

#include "shm/session_slots.hpp"

#include "base/clock.hpp"
#include "shm/client_table.hpp"
#include "shm/news.hpp"

#include <unistd.h>

#include <array>
#include <bit>

namespace belfry::shm {

namespace {

void show(SessionSlot& session, const Peer& peer) noexcept {
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(peer.endpoint.address);
    session.peer_address[0].store(words[0], std::memory_order_relaxed);
    session.peer_address[1].store(words[1], std::memory_order_relaxed);
    session.peer_port.store(peer.endpoint.port, std::memory_order_relaxed);
    session.transport.store(static_cast<std::uint32_t>(peer.transport), std::memory_order_relaxed);
}

}  // namespace

Peer peer_in(const SessionSlot& session) noexcept {
    const std::array words{session.peer_address[0].load(std::memory_order_relaxed),
                           session.peer_address[1].load(std::memory_order_relaxed)};
    return {.endpoint = {.address = std::bit_cast<base::Endpoint::Address>(words),
                         .port = static_cast<std::uint16_t>(session.peer_port.load())},
            .transport = static_cast<Transport>(session.transport.load())};
}

GivenSlot give_slot(Segment& segment, std::uint32_t slot, const Peer& peer) noexcept {
    SessionSlot& session = segment.session(slot);
    show(session, peer);
    session.client.store(0, std::memory_order_relaxed);
    session.login.store(0, std::memory_order_relaxed);
    session.appending.store(0, std::memory_order_relaxed);
    session.connected_ms.store(base::unix_ms(), std::memory_order_relaxed);
    return {slot, raise_generation(segment.session_process(slot))};
}

void reap_slot(Segment& segment, std::uint32_t slot) noexcept {
    const bool was_logged_in = is_logged_in(segment, slot);
    raise_generation(segment.session_process(slot));
    SessionSlot& session = segment.session(slot);
    session.client.store(0, std::memory_order_release);
    session.login.store(0, std::memory_order_release);
    if (session.appending.exchange(0) != 0) wake_everybody(segment);
    if (was_logged_in) announce_presence(segment);
}

bool is_logged_in(const Segment& segment, std::uint32_t slot) noexcept {
    return segment.session(slot).client.load(std::memory_order_acquire) != 0;
}

bool is_unwanted(const Segment& segment, std::uint32_t slot) noexcept {
    const SessionSlot& session = segment.session(slot);
    const std::uint32_t client = session.client.load(std::memory_order_acquire);
    if (client == 0 || client > segment.geometry().client_rows) return false;
    return !is_known(segment, client - 1) ||
           session.secret_version.load(std::memory_order_relaxed) !=
               segment.client(client - 1).secret_version.load(std::memory_order_relaxed);
}

void claim_supervision(Segment& segment) noexcept {
    enter(segment.process(supervisor_entry), ::getpid());
}

}  // namespace belfry::shm

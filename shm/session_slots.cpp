#include "shm/session_slots.hpp"

#include "shm/clock.hpp"
#include "shm/session.hpp"

#include <unistd.h>

namespace belfry::shm {
namespace {

/// The next generation, without a claimant. Never 0, which means: nobody.
std::uint64_t raised(std::uint64_t word) noexcept {
    const std::uint32_t next = unpack(word).high + 1;
    return pack(Halves{next != 0 ? next : 1, 0});
}

/// Whoever had the entry cannot claim it any more, nor be online through it (12).
std::uint64_t raise_generation(ProcessEntry& entry) noexcept {
    std::uint64_t old = entry.word.load();
    while (!entry.word.compare_exchange_weak(old, raised(old))) {
    }
    entry.start_time.store(0, std::memory_order_release);
    return raised(old);
}

}  // namespace

GivenSlot give_slot(Segment& segment, std::uint32_t slot) noexcept {
    SessionSlot& session = segment.session(slot);
    session.client.store(0, std::memory_order_relaxed);
    session.appending.store(0, std::memory_order_relaxed);
    session.connected_ms.store(unix_ms(), std::memory_order_relaxed);
    return {slot, unpack(raise_generation(segment.session_process(slot))).high};
}

void reap_slot(Segment& segment, std::uint32_t slot) noexcept {
    const bool was_logged_in = is_logged_in(segment, slot);
    raise_generation(segment.session_process(slot));
    SessionSlot& session = segment.session(slot);
    session.client.store(0, std::memory_order_release);
    if (session.appending.exchange(0) != 0) segment.log().new_messages.wake_everybody();
    if (was_logged_in) announce_presence(segment);
}

bool revoke_unclaimed(Segment& segment, std::uint32_t slot) noexcept {
    std::atomic<std::uint64_t>& word = segment.session_process(slot).word;
    std::uint64_t old = word.load();
    return unpack(old).low == 0 && word.compare_exchange_strong(old, raised(old));
}

std::optional<ProcessId> process_in(const ProcessEntry& entry) noexcept {
    const auto pid = static_cast<pid_t>(unpack(entry.word.load()).low);
    if (pid == 0) return {};
    return ProcessId{pid, entry.start_time.load(std::memory_order_acquire)};
}

std::optional<ProcessId> claimant(const Segment& segment, std::uint32_t slot) noexcept {
    return process_in(segment.session_process(slot));
}

bool is_logged_in(const Segment& segment, std::uint32_t slot) noexcept {
    return segment.session(slot).client.load(std::memory_order_acquire) != 0;
}

void claim_supervision(Segment& segment) noexcept {
    ProcessEntry& entry = segment.process(supervisor_entry);
    const Halves generation = unpack(raise_generation(entry));
    entry.start_time.store(start_time_of(::getpid()).value_or(0), std::memory_order_release);
    entry.word.store(pack(Halves{generation.high, static_cast<std::uint32_t>(::getpid())}));
}

}  // namespace belfry::shm

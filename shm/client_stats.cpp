#include "shm/client_stats.hpp"

#include "base/clock.hpp"

namespace belfry::shm {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr unsigned bits_per_end = 8;

}  // namespace

void count_login(ClientRow& client) noexcept {
    client.logins.fetch_add(1, relaxed);
}

void count_input(ClientRow& client, std::uint64_t bytes) noexcept {
    client.bytes_in.fetch_add(bytes, relaxed);
    client.seen_ms.store(base::unix_ms(), relaxed);
}

void count_output(ClientRow& client, std::uint64_t bytes) noexcept {
    client.bytes_out.fetch_add(bytes, relaxed);
}

void count_end(Segment& segment, ClientRow& client, EndReason reason) noexcept {
    const auto number = static_cast<std::uint8_t>(reason);
    client.ended_ms.store(base::unix_ms(), relaxed);
    std::uint64_t old = client.last_ends.load(relaxed);
    while (!client.last_ends.compare_exchange_weak(old, (old << bits_per_end) | number, relaxed)) {
    }
    segment.server().ends[number].fetch_add(1, relaxed);
}

bool count_death(Segment& segment, std::uint32_t slot) noexcept {
    const std::uint32_t row = segment.session(slot).client.load(std::memory_order_acquire);
    if (row == 0 || row > segment.geometry().client_rows) return false;
    ClientRow& client = segment.client(row - 1);
    const std::uint32_t generation = unpack(segment.session_process(slot).word.load()).high;
    if (client.session.load() != pack(Halves{generation, slot})) return false;
    count_end(segment, client, EndReason::killed);
    return true;
}

std::array<EndReason, 8> last_ends_of(const ClientRow& client) noexcept {
    std::uint64_t word = client.last_ends.load(relaxed);
    std::array<EndReason, 8> ends{};
    for (EndReason& end : ends) {
        end = static_cast<EndReason>(word & 0xff);
        word >>= bits_per_end;
    }
    return ends;
}

}  // namespace belfry::shm

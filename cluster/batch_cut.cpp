#include "cluster/batch_cut.hpp"

#include "shm/outbox.hpp"
#include "wire/entry.hpp"

#include <algorithm>
#include <string_view>

namespace belfry::cluster {
namespace {

/// Returns the length of the whole entries at the front of the bytes.
std::size_t whole_entries(std::string_view bytes) noexcept {
    std::size_t length = 0;
    while (const auto entry = wire::entry_bytes(bytes.substr(length))) length += *entry;
    return length;
}

}  // namespace

std::string cut_batch(const shm::Segment& segment, std::uint64_t position) {
    const std::uint64_t end = segment.outbox().end.load(std::memory_order_acquire);
    std::string bytes;
    shm::copy_outbox(segment, position, std::min(end, position + max_batch_bytes), bytes);
    std::size_t length = whole_entries(bytes);
    if (length == 0) {
        shm::copy_outbox(segment, position, end, bytes);
        length = wire::entry_bytes(bytes).value_or(0);
    }
    bytes.resize(length);
    return bytes;
}

}  // namespace belfry::cluster

#include "shm/stored.hpp"

namespace belfry::shm {

void publish_stored(Segment& segment, std::span<const std::uint64_t> seqs,
                    std::uint64_t id) noexcept {
    // The seqs come first: see Session::login().
    for (std::uint32_t row = 0; row < seqs.size(); ++row) {
        if (seqs[row] == 0) continue;
        segment.client(row).stored_seq.store(seqs[row], std::memory_order_release);
    }
    segment.log().stored_id.store(id, std::memory_order_release);
    segment.log().space.notify_all();
}

}  // namespace belfry::shm

#include "shm/log_lock.hpp"

#include <algorithm>

namespace belfry::shm {

bool LogLock::try_lock() noexcept {
    RobustMutex::Acquired acquired{};
    if (!segment_->log().mutex.try_lock(acquired)) return false;
    mend_if(acquired);
    return true;
}

void LogLock::mend_if(RobustMutex::Acquired acquired) noexcept {
    if (acquired == RobustMutex::Acquired::clean) return;
    repair(*segment_);
    segment_->log().mutex.make_consistent();
}

void repair(Segment& segment) noexcept {
    LogHeader& log = segment.log();
    const std::uint64_t last = log.last_id.load(std::memory_order_relaxed);
    const std::uint64_t derived = log.derived_id.load(std::memory_order_relaxed);
    // A damaged segment may claim more records than exist.
    const std::uint64_t count =
        last > derived ? std::min(last - derived, segment.geometry().index_entries) : 0;
    for (std::uint64_t id = derived + 1; id != derived + 1 + count; ++id) {
        const std::uint32_t row = segment.sender(id).load(std::memory_order_relaxed);
        if (row >= segment.geometry().client_rows) continue;  // `belfryctl check` reports it
        ClientRow& sender = segment.client(row);
        const std::uint64_t seq = segment.seq(id).load(std::memory_order_relaxed);
        const std::uint64_t known = sender.last_seq.load(std::memory_order_relaxed);
        sender.last_seq.store(std::max(seq, known), std::memory_order_relaxed);
    }
    // If the process dies before this store, the next repair applies the same maxima again.
    log.derived_id.store(last, std::memory_order_release);
}

}  // namespace belfry::shm

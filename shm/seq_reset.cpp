#include "shm/seq_reset.hpp"

#include "shm/client_table.hpp"
#include "shm/log_lock.hpp"
#include "shm/seq_rules.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>

namespace belfry::shm {
namespace {

/// Returns the highest seq up to max_free_seq of a client's records in the ring. The caller holds
/// the lock, so that no record is overwritten. The search takes a few milliseconds for a ring of a
/// GiB.
std::uint64_t highest_free_seq_in_ring(const Segment& segment, std::uint32_t row) noexcept {
    const LogHeader& log = segment.log();
    const std::uint64_t first = log.first_id.load(std::memory_order_relaxed);
    const std::uint64_t end = log.last_id.load(std::memory_order_relaxed) + 1;
    // A damaged segment may claim more records than exist.
    const std::uint64_t count = std::min(end - first, segment.geometry().index_entries);
    std::uint64_t highest = 0;
    for (std::uint64_t id = first; id != first + count; ++id) {
        if (segment.sender(id).load(std::memory_order_relaxed) != row) continue;
        const std::uint64_t seq = segment.seq(id).load(std::memory_order_relaxed);
        if (seq <= max_free_seq) highest = std::max(highest, seq);
    }
    return highest;
}

}  // namespace

bool reset_seq(Segment& segment, std::uint32_t row, std::uint64_t seen,
               std::uint64_t highest_in_store) noexcept {
    LogLock lock{segment};
    const boost::interprocess::scoped_lock guard{lock};
    ClientRow& client = segment.client(row);
    if (online_session(segment, row)) return false;
    if (client.last_seq.load(std::memory_order_relaxed) != seen) return false;
    const std::uint64_t seq =
        seen <= max_free_seq ? seen
                             : std::max(highest_in_store, highest_free_seq_in_ring(segment, row));
    // The archiver cannot publish a seq of this client now, because all its messages are stored and
    // a new one would need the lock. `last_seq` is written last, because it decides whether the
    // client has been set back.
    client.stored_seq.store(seq, std::memory_order_release);
    client.last_seq.store(seq, std::memory_order_release);
    return true;
}

}  // namespace belfry::shm

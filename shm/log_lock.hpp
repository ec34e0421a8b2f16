#pragma once

#include "shm/segment.hpp"

namespace belfry::shm {

/// Locks the log's mutex, and repairs the log if the last holder died. It models Lockable of Boost
/// and the standard library: use it with `boost::interprocess::scoped_lock<LogLock>`. Each thread
/// has its own object. The lock is never held across a call that can wait (10).
class LogLock {
  public:
    explicit LogLock(Segment& segment) noexcept : segment_{&segment} {}

    void lock() noexcept { mend_if(segment_->log().mutex.lock()); }
    [[nodiscard]] bool try_lock() noexcept;
    void unlock() noexcept { segment_->log().mutex.unlock(); }

  private:
    void mend_if(RobustMutex::Acquired acquired) noexcept;

    Segment* segment_;
};

/// Repairs the log after its writer died: applies the seqs of the records after derived_id up to
/// last_id (6). Afterwards the last batch is either complete or absent. The work is bounded by one
/// batch, and a repair that is killed is simply repeated. The caller holds the mutex.
void repair(Segment& segment) noexcept;

}  // namespace belfry::shm

#pragma once

#include "shm/segment.hpp"

namespace belfry::shm {

/// The log's mutex as a lock that mends what its last holder left undone. Models Boost's and the
/// standard's Lockable: take it with `boost::interprocess::scoped_lock<LogLock>`. One per
/// process and thread; never held across a call that can wait (10).
class LogLock {
  public:
    explicit LogLock(Segment& segment) noexcept : segment_{&segment} {}

    void lock() noexcept;
    [[nodiscard]] bool try_lock() noexcept;
    void unlock() noexcept;

  private:
    void mend_if(RobustMutex::Acquired acquired) noexcept;

    Segment* segment_;
};

/// Brings what the mutex guards to a state as if its last holder had either done nothing or
/// finished: applies the seqs of the records between derived_id and last_id (6). Bounded by one
/// batch; may itself be killed and done again. Under the mutex.
void repair(Segment& segment) noexcept;

}  // namespace belfry::shm

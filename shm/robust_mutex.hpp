#pragma once

#include <pthread.h>

namespace belfry::shm {

/// A mutex between processes that is released when its holder dies.
///
/// It is a PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_ROBUST mutex, because Boost's interprocess_mutex
/// is not robust. A robust mutex handles a holder that died, but not one that was stopped by
/// SIGSTOP: a process that has waited for 200 ms therefore kills the holder if it is stopped.
///
/// It lies in shared memory, and any thread may lock it. log_lock.hpp has the lock for scoped use.
class RobustMutex {
  public:
    enum class Acquired {
        clean,
        owner_died,  ///< repair the guarded data, then call make_consistent()
    };

    /// Initialises the mutex. The creator of the segment calls it once.
    void initialise() noexcept;

    [[nodiscard]] Acquired lock() noexcept;

    /// Locks the mutex if it is free. @return false if another thread holds it
    [[nodiscard]] bool try_lock(Acquired& acquired) noexcept;

    /// Marks the guarded data as repaired. The holder calls it after owner_died. If the holder dies
    /// before, the next one gets owner_died again.
    void make_consistent() noexcept;

    void unlock() noexcept;

  private:
    void kill_stopped_holder() noexcept;

    pthread_mutex_t mutex_;
};

}  // namespace belfry::shm

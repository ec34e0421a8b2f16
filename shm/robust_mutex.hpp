#pragma once

#include <pthread.h>

namespace belfry::shm {

/// A mutex between processes that is released when its holder dies.
///
/// A PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_ROBUST mutex (Boost's interprocess_mutex is not
/// robust). Robustness covers death, not SIGSTOP: who has waited for 200 ms looks at the holder
/// and kills one that is stopped.
///
/// Lies in shared memory. Any thread may lock; lock guards live in log_lock.hpp.
class RobustMutex {
  public:
    enum class Acquired {
        clean,
        owner_died,  ///< repair what it guards, then call make_consistent()
    };

    /// By the creator of the segment, once.
    void initialise() noexcept;

    [[nodiscard]] Acquired lock() noexcept;

    /// Takes it if it is free. @return false: somebody holds it
    [[nodiscard]] bool try_lock(Acquired& acquired) noexcept;

    /// By the holder, after owner_died, when the repair is done. A holder that dies before it
    /// leaves owner_died to the next one.
    void make_consistent() noexcept;

    void unlock() noexcept;

  private:
    void kill_stopped_holder() noexcept;

    pthread_mutex_t mutex_;
};

}  // namespace belfry::shm

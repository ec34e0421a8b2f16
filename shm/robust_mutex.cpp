#include "shm/robust_mutex.hpp"

#include "base/process.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace belfry::shm {
namespace {

constexpr long timeout_ns = 200'000'000;

/// Returns the deadline of one wait. pthread_mutex_timedlock takes CLOCK_REALTIME; a jump of that
/// clock only makes one wait shorter or longer.
timespec end_of_timeout() noexcept {
    timespec until{};
    ::clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += timeout_ns;
    if (until.tv_nsec >= 1'000'000'000) {
        until.tv_nsec -= 1'000'000'000;
        ++until.tv_sec;
    }
    return until;
}

void require(bool holds) noexcept {
    if (!holds) std::abort();
}

}  // namespace

void RobustMutex::initialise() noexcept {
    pthread_mutexattr_t attributes;
    require(::pthread_mutexattr_init(&attributes) == 0);
    require(::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
    require(::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
    require(::pthread_mutex_init(&mutex_, &attributes) == 0);
    ::pthread_mutexattr_destroy(&attributes);
}

bool RobustMutex::try_lock(Acquired& acquired) noexcept {
    const int result = ::pthread_mutex_trylock(&mutex_);
    require(result == 0 || result == EBUSY || result == EOWNERDEAD);
    acquired = result == EOWNERDEAD ? Acquired::owner_died : Acquired::clean;
    return result != EBUSY;
}

RobustMutex::Acquired RobustMutex::lock() noexcept {
    Acquired acquired{};
    if (try_lock(acquired)) return acquired;
    while (true) {
        const timespec until = end_of_timeout();
        const int result = ::pthread_mutex_timedlock(&mutex_, &until);
        if (result == 0) return Acquired::clean;
        if (result == EOWNERDEAD) return Acquired::owner_died;
        require(result == ETIMEDOUT);
        kill_stopped_holder();
    }
}

void RobustMutex::make_consistent() noexcept {
    require(::pthread_mutex_consistent(&mutex_) == 0);
}

void RobustMutex::unlock() noexcept {
    require(::pthread_mutex_unlock(&mutex_) == 0);
}

/// Kills the holder if it is stopped. By the kernel's contract for robust futexes the lock word
/// holds the thread id of the holder from the very instruction that takes the lock.
void RobustMutex::kill_stopped_holder() noexcept {
    std::atomic_ref<int> word{mutex_.__data.__lock};
    const auto holder = [&word] {
        return static_cast<pid_t>(static_cast<unsigned>(word.load()) & FUTEX_TID_MASK);
    };
    const pid_t pid = holder();
    if (pid == 0) return;
    const base::UniqueFd process = base::open_pidfd(pid);
    // The word is read again after the process was opened, so that the descriptor refers to the
    // holder and not to a later process of the same id.
    if (!process || holder() != pid || !base::is_stopped(pid)) return;
    base::send_signal(process, SIGKILL);
}

}  // namespace belfry::shm

#pragma once

#include "base/futex.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace belfry::shm {

/// A condition variable between processes that survives the death of any waiter or notifier.
///
/// One 32-bit word: a sequence number in the upper 31 bits, and in the lowest a bit that says
/// that somebody may be asleep. A waiter reads the word, checks its predicate, sets the bit, and
/// sleeps only if the sequence is unchanged; a notifier adds one to the sequence and wakes.
/// There is no count of waiters: the dead would not decrement it. The bit may stay set for the
/// dead, which costs one needless system call.
///
/// Kill window: a notifier that dies between its store and the wake-up leaves the bit clear and
/// the sleepers asleep. Who notices the death calls wake_everybody(); waits have ends all the
/// same. (glibc's and Boost's condition variables hang the notifier when a waiter is killed:
/// glibc bug 21422.)
///
/// Lies in shared memory; a fresh one is all zeros. Any thread of any process may call all of it.
class Condition {
  public:
    using Clock = std::chrono::steady_clock;

    /// Groups of waiters, one bit each, for notify_group().
    static constexpr std::uint32_t everybody = 0xffff'ffff;

    /// Waits until the predicate holds. The predicate must read what notifiers write before they
    /// notify, with acquire.
    /// @return what the predicate said last; false only after the deadline, which it may overrun
    /// while notifications come without a pause
    template <class Predicate>
    bool wait_until(Clock::time_point deadline, Predicate predicate,
                    std::uint32_t groups = everybody) {
        while (true) {
            const std::uint32_t seen = word_.load(std::memory_order_acquire);
            if (predicate()) return true;
            if (!sleep(seen, deadline, groups)) return predicate();
        }
    }

    /// The same for a predicate that a lock guards: it is held whenever the predicate runs and at
    /// the return, and released while asleep.
    template <class Lock, class Predicate>
    bool wait_until(Lock& lock, Clock::time_point deadline, Predicate predicate) {
        while (true) {
            const std::uint32_t seen = word_.load(std::memory_order_acquire);
            if (predicate()) return true;
            lock.unlock();
            const bool in_time = sleep(seen, deadline, everybody);
            lock.lock();
            if (!in_time) return predicate();
        }
    }

    template <class Lock, class Predicate>
    void wait(Lock& lock, Predicate predicate) {
        wait_until(lock, Clock::time_point::max(), predicate);
    }

    /// Wakes all. No system call where nobody sleeps.
    void notify_all() noexcept;

    /// Wakes one, whichever. Leaves the bit set: others may still be asleep.
    void notify_one() noexcept;

    /// Wakes those who wait for one of the groups; all others sleep on.
    void notify_group(std::uint32_t groups) noexcept;

    /// Wakes nobody yet: those who sleep are left to wake_some().
    void announce() noexcept { word_.fetch_add(one, std::memory_order_acq_rel); }

    /// Wakes a few, those who sleep longest first, without a notification of its own: the rest of
    /// one that announce() began. @return how many
    std::uint32_t wake_some(std::uint32_t count) noexcept;

    /// Wakes all, whatever the bit says: on behalf of a notifier that died.
    void wake_everybody() noexcept;

  private:
    static constexpr std::uint32_t sleepers = 1;
    static constexpr std::uint32_t one = 2;

    /// Sets the bit and sleeps, unless the sequence has moved on from `seen`. The kernel alone
    /// looks at the clock. @return false: the deadline has passed
    bool sleep(std::uint32_t seen, Clock::time_point deadline, std::uint32_t groups) noexcept;

    std::atomic<std::uint32_t> word_;
};

static_assert(sizeof(Condition) == 4);

}  // namespace belfry::shm

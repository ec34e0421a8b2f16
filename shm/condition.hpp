#pragma once

#include "base/futex.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace belfry::shm {

/// A condition variable between processes that survives the death of any waiter or notifier.
///
/// It is one 32-bit word: a sequence number in the upper 31 bits, and in the lowest bit a flag that
/// is set if anybody may be asleep. A waiter reads the word, checks its predicate, sets the bit,
/// and sleeps only if the sequence is unchanged. A notifier adds one to the sequence and wakes the
/// sleepers. There is no count of waiters, because a dead one would not decrement it. The bit may
/// stay set for a dead waiter, which costs one needless system call.
///
/// Kill window: a notifier that dies between its store and the wake-up leaves the sleepers asleep,
/// and the bit may be clear. The process that notices the death calls wake_everybody(). The
/// condition variables of glibc and Boost cannot be used here: they hang the notifier when a waiter
/// is killed (glibc bug 21422).
///
/// It lies in shared memory, initially all zeros. Any thread of any process may call its functions.
class Condition {
  public:
    using Clock = std::chrono::steady_clock;

    /// All groups of waiters. A group is one bit, for notify_group().
    static constexpr std::uint32_t everybody = 0xffff'ffff;

    /// Waits until the predicate holds. The predicate must read, with acquire, what notifiers write
    /// before they notify.
    /// @return the last result of the predicate. It is false only after the deadline, which the
    /// wait may overrun while notifications come without a pause
    template <class Predicate>
    bool wait_until(Clock::time_point deadline, Predicate predicate,
                    std::uint32_t groups = everybody) {
        while (true) {
            const std::uint32_t seen = word_.load(std::memory_order_acquire);
            if (predicate()) return true;
            if (!sleep(seen, deadline, groups)) return predicate();
        }
    }

    /// Waits likewise for a predicate that a lock guards. The lock is held while the predicate runs
    /// and when the function returns, and is released while the caller sleeps.
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

    /// Wakes all waiters. Makes no system call if nobody sleeps.
    void notify_all() noexcept;

    /// Wakes any one waiter. The bit stays set, because others may still be asleep.
    void notify_one() noexcept;

    /// Wakes the waiters of these groups. All others sleep on.
    void notify_group(std::uint32_t groups) noexcept;

    /// Notifies without a wake-up: wake_some() must wake the sleepers.
    void announce() noexcept { word_.fetch_add(one, std::memory_order_acq_rel); }

    /// Wakes at most `count` of those in these groups that announce() left asleep, first those that
    /// have slept longest.
    /// @return how many were woken
    std::uint32_t wake_some(std::uint32_t count, std::uint32_t groups = everybody) noexcept;

    /// Wakes all waiters regardless of the bit, on behalf of a notifier that died.
    void wake_everybody() noexcept;

  private:
    static constexpr std::uint32_t sleepers = 1;
    static constexpr std::uint32_t one = 2;

    /// Sets the bit and sleeps, unless the sequence has moved on from `seen`. Only the kernel reads
    /// the clock. @return false if the deadline has passed
    bool sleep(std::uint32_t seen, Clock::time_point deadline, std::uint32_t groups) noexcept;

    std::atomic<std::uint32_t> word_;
};

static_assert(sizeof(Condition) == 4);

}  // namespace belfry::shm

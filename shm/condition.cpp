#include "shm/condition.hpp"

#include <limits>

namespace belfry::shm {
namespace {
constexpr int all = std::numeric_limits<int>::max();
}

bool Condition::sleep(std::uint32_t seen, Clock::time_point deadline,
                      std::uint32_t groups) noexcept {
    const std::uint32_t asleep = seen | sleepers;
    // The exchange orders this waiter and a notifier. If it succeeds, the notifier's exchange comes
    // later and sees the bit. If the sequence has moved, it fails.
    if (!word_.compare_exchange_strong(seen, asleep, std::memory_order_acq_rel)) {
        if (seen != asleep) return true;
    }
    return base::futex_wait(word_, asleep, deadline, groups);
}

void Condition::notify_all() noexcept {
    std::uint32_t old = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_weak(old, (old + one) & ~sleepers, std::memory_order_acq_rel)) {
    }
    if ((old & sleepers) != 0) base::futex_wake(word_, all, everybody);
}

void Condition::notify_one() noexcept {
    if ((word_.fetch_add(one, std::memory_order_acq_rel) & sleepers) != 0) {
        base::futex_wake(word_, 1, everybody);
    }
}

void Condition::notify_group(std::uint32_t groups) noexcept {
    if ((word_.fetch_add(one, std::memory_order_acq_rel) & sleepers) != 0) {
        base::futex_wake(word_, all, groups);
    }
}

std::uint32_t Condition::wake_some(std::uint32_t count, std::uint32_t groups) noexcept {
    return base::futex_wake(word_, static_cast<int>(count), groups);
}

void Condition::wake_everybody() noexcept {
    word_.fetch_add(one, std::memory_order_acq_rel);
    base::futex_wake(word_, all, everybody);
}

}  // namespace belfry::shm

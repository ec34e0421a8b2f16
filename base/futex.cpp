#include "base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace belfry::base {
namespace {

/// Converts the deadline. FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is
/// steady_clock's clock.
timespec to_timespec(std::chrono::steady_clock::time_point deadline) noexcept {
    const auto since_boot = deadline.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot - seconds);
    return {static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
}

}  // namespace

bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::steady_clock::time_point deadline, std::uint32_t bits) noexcept {
    const timespec until = to_timespec(deadline);
    const long result =
        ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &until, nullptr, bits);
    if (result == 0 || errno == EAGAIN || errno == EINTR) return true;
    if (errno != ETIMEDOUT) std::abort();
    return false;
}

std::uint32_t futex_wake(std::atomic<std::uint32_t>& word, int count, std::uint32_t bits) noexcept {
    const long woken =
        ::syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, count, nullptr, nullptr, bits);
    return woken > 0 ? static_cast<std::uint32_t>(woken) : 0;
}

}  // namespace belfry::base

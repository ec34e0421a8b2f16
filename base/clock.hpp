#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace belfry::base {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// A point in time by which something must have happened. Empty: there is no limit.
using Deadline = std::optional<TimePoint>;

/// Tells whether there is a deadline and it has been reached.
[[nodiscard]] inline bool has_passed(const Deadline& deadline, TimePoint now) {
    return deadline && *deadline <= now;
}

/// Returns the earlier of the two deadlines.
[[nodiscard]] inline Deadline earlier(const Deadline& a, const Deadline& b) {
    if (!a || !b) return a ? a : b;
    return *a < *b ? a : b;
}

/// Returns the Unix time in milliseconds.
[[nodiscard]] inline std::uint64_t unix_ms() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

/// Returns the time of steady_clock in milliseconds. All processes share the clock's zero point.
[[nodiscard]] inline std::int64_t steady_ms() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// Returns the Unix time minus the time since boot, in milliseconds. Both clocks run at the same
/// rate, also while the machine sleeps, so the difference changes only when the wall clock is set.
[[nodiscard]] inline std::int64_t clock_offset_ms() noexcept {
    timespec since_boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    const std::int64_t since_boot_ms = since_boot.tv_sec * 1000 + since_boot.tv_nsec / 1'000'000;
    return static_cast<std::int64_t>(unix_ms()) - since_boot_ms;
}

/// Converts Unix time in milliseconds to seconds. A time after the year 9999 becomes 0.
[[nodiscard]] std::time_t to_time_t(std::uint64_t unix_ms) noexcept;

/// Formats the time as strftime() does, in the local time zone. The zone is read at the first call
/// and at each tzset(). Returns `?` if the time has no calendar date.
[[nodiscard]] std::string local_time(const char* format, std::time_t time);

}  // namespace belfry::base

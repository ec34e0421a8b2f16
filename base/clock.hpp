#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace belfry::base {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// A point in time by which something must have happened; none: it may take for ever.
using Deadline = std::optional<TimePoint>;

[[nodiscard]] inline bool has_passed(const Deadline& deadline, TimePoint now) {
    return deadline && *deadline <= now;
}

/// The earlier of the two.
[[nodiscard]] inline Deadline earlier(const Deadline& a, const Deadline& b) {
    if (!a || !b) return a ? a : b;
    return *a < *b ? a : b;
}

/// Unix time in milliseconds.
[[nodiscard]] inline std::uint64_t unix_ms() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

/// The time since the epoch of steady_clock, which all processes share, in milliseconds.
[[nodiscard]] inline std::int64_t steady_ms() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// Unix time minus the time since the machine was booted, in milliseconds. It stays the same until
/// somebody sets the wall clock: both clocks run at the same rate, also while the machine sleeps.
[[nodiscard]] inline std::int64_t clock_offset_ms() noexcept {
    timespec since_boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    const std::int64_t since_boot_ms = since_boot.tv_sec * 1000 + since_boot.tv_nsec / 1'000'000;
    return static_cast<std::int64_t>(unix_ms()) - since_boot_ms;
}

/// A message's time in seconds. One that no calendar holds is the beginning of 1970.
[[nodiscard]] std::time_t moment(std::uint64_t unix_ms) noexcept;

/// The time in a form of strftime(), in the local time zone: that of the first call, or of the last
/// tzset().
[[nodiscard]] std::string local_time(const char* form, std::time_t time);

}  // namespace belfry::base

#include "store/clock_watch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

namespace belfry::store {
namespace {

using std::chrono::milliseconds;

/// Formats a duration, as "31 days" or "3 hours".
std::string duration_text(milliseconds time) {
    const auto hours = std::chrono::round<std::chrono::hours>(time).count();
    if (hours >= 48) return std::to_string(hours / 24) + " days";
    return std::to_string(hours) + (hours == 1 ? " hour" : " hours");
}

/// Formats the date in UTC, as "2026-11-29". A time after the year 9999 becomes the last day of
/// that year.
std::string date_of(std::uint64_t unix_ms) {
    constexpr std::uint64_t last_second = 253'402'300'799;
    const auto seconds = static_cast<std::time_t>(std::min(unix_ms / 1000, last_second));
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, sizeof "9999-12-31"> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

}  // namespace

ClockWatch::ClockWatch(std::int64_t offset_ms, Report report)
    : offset_ms_{offset_ms}, report_{std::move(report)} {}

bool ClockWatch::is_trusted(std::int64_t offset_ms) {
    const milliseconds jump{offset_ms - offset_ms_};
    const bool is_trusted = std::chrono::abs(jump) <= max_jump;
    if (was_trusted_ && !is_trusted) {
        report_(
            "the clock has jumped " + std::string{jump.count() > 0 ? "forward" : "back"} + " by " +
            duration_text(std::chrono::abs(jump)) +
            " since the server started; no messages are deleted by age until the clock is back;"
            " if the new time is right, stop and start the server; if it is wrong, set the clock");
    }
    if (!was_trusted_ && is_trusted) {
        report_("the clock is back; messages are deleted by age again");
    }
    was_trusted_ = is_trusted;
    return is_trusted;
}

void ClockWatch::compare_with_log(std::uint64_t last_time_ms, std::uint64_t now_ms,
                                  std::uint64_t keep_ms) {
    const bool is_ahead = last_time_ms > now_ms + static_cast<std::uint64_t>(max_jump.count());
    if (is_ahead && !was_ahead_) {
        report_(
            "the log contains times up to " + date_of(last_time_ms) +
            ", ahead of the clock; new messages get that time and are not deleted by age before " +
            date_of(last_time_ms + keep_ms));
    }
    was_ahead_ = is_ahead;
}

}  // namespace belfry::store

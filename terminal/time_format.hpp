#pragma once

#include <ctime>
#include <string>

/// Moments in words, in local time.
namespace belfry::terminal {

/// `17:03`
[[nodiscard]] std::string clock_time(std::time_t time);

/// `Friday 24 November 2026`
[[nodiscard]] std::string date(std::time_t time);

/// As little as is needed: `17:03` today, `Friday 17:03` within a week, else the date and the time.
[[nodiscard]] std::string when(std::time_t time, std::time_t now);

}  // namespace belfry::terminal

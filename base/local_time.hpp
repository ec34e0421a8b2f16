#pragma once

#include <cstdint>
#include <ctime>
#include <string>

/// The times of messages, for people.
namespace belfry::base {

/// A message's time in seconds. One that no calendar holds is the beginning of 1970.
[[nodiscard]] std::time_t moment(std::uint64_t unix_ms) noexcept;

/// The time in a form of strftime(), in the local time zone: that of the first call, or of the last
/// tzset().
[[nodiscard]] std::string local_time(const char* form, std::time_t time);

}  // namespace belfry::base

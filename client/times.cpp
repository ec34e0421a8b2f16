#include "client/times.hpp"

#include <array>

namespace belfry::client {
namespace {

std::string formatted(const char* form, std::time_t time) {
    // localtime_r() may go on with the zone that it began with.
    ::tzset();
    std::tm parts{};
    if (::localtime_r(&time, &parts) == nullptr) return "?";
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

}  // namespace

std::time_t moment(std::uint64_t unix_ms) noexcept {
    constexpr std::uint64_t year_9999 = 253402300799;
    const std::uint64_t seconds = unix_ms / 1000;
    return seconds > year_9999 ? 0 : static_cast<std::time_t>(seconds);
}

std::string clock_time(std::time_t time) {
    return formatted("%H:%M", time);
}

std::string date(std::time_t time) {
    return formatted("%A %-d %B %Y", time);
}

std::string when(std::time_t time, std::time_t now) {
    constexpr std::time_t six_days = std::time_t{6} * 86400;
    if (date(time) == date(now)) return clock_time(time);
    if (time < now && now - time < six_days) return formatted("%A %H:%M", time);
    return date(time) + " " + clock_time(time);
}

}  // namespace belfry::client

#include "ctl/human.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace belfry::ctl {
namespace {

std::string with_one_digit(double value, const char* unit) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%.1f%s", value, unit);
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string two(std::uint64_t high, char high_unit, std::uint64_t low, char low_unit) {
    std::string text = std::to_string(high) + high_unit;
    if (low != 0) text += std::to_string(low) + low_unit;
    return text;
}

}  // namespace

std::string short_bytes(std::uint64_t bytes) {
    constexpr std::array units{"", "K", "M", "G", "T", "P", "E"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (std::round(value) >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    const bool whole = unit == 0 || value >= 99.95 || std::llround(value * 10) % 10 == 0;
    if (whole) return std::to_string(std::llround(value)) + units[unit];
    return with_one_digit(value, units[unit]);
}

std::string short_duration(std::uint64_t seconds) {
    constexpr std::uint64_t minute = 60;
    constexpr std::uint64_t hour = 60 * minute;
    constexpr std::uint64_t day = 24 * hour;
    if (seconds < minute) return std::to_string(seconds) + "s";
    if (seconds < hour) return two(seconds / minute, 'm', seconds % minute, 's');
    if (seconds < day) return two(seconds / hour, 'h', seconds % hour / minute, 'm');
    return two(seconds / day, 'd', seconds % day / hour, 'h');
}

std::string short_number(double value) {
    if (value == 0 || value >= 999.95) return std::to_string(std::llround(value));
    return with_one_digit(value, "");
}

std::string plain(std::string_view text) {
    std::string shown{text};
    const auto is_unsafe = [](unsigned char c) { return c < 0x20 || c >= 0x7f; };
    std::replace_if(shown.begin(), shown.end(), is_unsafe, '?');
    return shown;
}

}  // namespace belfry::ctl

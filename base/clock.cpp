#include "base/clock.hpp"

#include <array>

namespace belfry::base {

std::time_t to_time_t(std::uint64_t unix_ms) noexcept {
    constexpr std::uint64_t year_9999 = 253402300799;
    const std::uint64_t seconds = unix_ms / 1000;
    return seconds > year_9999 ? 0 : static_cast<std::time_t>(seconds);
}

std::string local_time(const char* format, std::time_t time) {
    std::tm parts{};
    if (::localtime_r(&time, &parts) == nullptr) return "?";
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

}  // namespace belfry::base

#include "terminal/time_format.hpp"

#include "base/clock.hpp"

namespace belfry::terminal {
namespace {

// A client runs for long: the zone may change meanwhile.
std::string formatted(const char* form, std::time_t time) {
    ::tzset();
    return base::local_time(form, time);
}

}  // namespace

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

}  // namespace belfry::terminal

#include "store/clock_watch.hpp"

#include <chrono>
#include <cstdlib>
#include <utility>

namespace belfry::store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds max_jump = std::chrono::hours{1};

/// "31 days", "3 hours"
std::string in_words(milliseconds time) {
    const auto hours = std::chrono::round<std::chrono::hours>(time).count();
    if (hours >= 48) return std::to_string(hours / 24) + " days";
    return std::to_string(hours) + (hours == 1 ? " hour" : " hours");
}

}  // namespace

ClockWatch::ClockWatch(std::int64_t offset_ms, Report report)
    : offset_ms_{offset_ms}, report_{std::move(report)} {}

bool ClockWatch::is_right(std::int64_t offset_ms) {
    const milliseconds jump{offset_ms - offset_ms_};
    const bool is_right = std::chrono::abs(jump) <= max_jump;
    if (was_right_ && !is_right) {
        report_("the clock has jumped " + std::string{jump.count() > 0 ? "forward" : "back"} +
                " by " + in_words(std::chrono::abs(jump)) +
                " since the server began: no message is deleted for its age until the clock is back"
                " or the server has been stopped and started again");
    }
    if (!was_right_ && is_right) {
        report_("the clock is back: messages are deleted for their age again");
    }
    was_right_ = is_right;
    return is_right;
}

}  // namespace belfry::store

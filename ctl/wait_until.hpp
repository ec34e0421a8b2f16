#pragma once

#include <chrono>
#include <thread>

namespace belfry::ctl {

/// Waits for something that another process does and tells nobody.
/// @return false if the condition does not hold at the deadline
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds poll_interval{5};
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(poll_interval);
    }
    return true;
}

}  // namespace belfry::ctl

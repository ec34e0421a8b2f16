#pragma once

#include "bench/support/interrupt.hpp"
#include "tests/support/failure.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace belfry::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Calls the predicate every 0.1 ms until it returns true.
/// @throws test::Failure with `error` if it takes too long; Interrupted
template <typename Predicate>
void wait_until(Predicate predicate, std::chrono::seconds within, const std::string& error) {
    const auto end = Clock::now() + within;
    while (!predicate()) {
        check_interrupt();
        if (Clock::now() > end) throw test::Failure(error);
        std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
}

}  // namespace belfry::bench

#pragma once

#include <chrono>
#include <thread>

namespace belfry::test {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// The default time to wait for an expected event. It is generous, since a passing test never waits
/// that long.
inline constexpr Milliseconds default_wait{10'000};

/// Returns $BELFRY_TEST_SLOW, or 1 if it is not set: the factor by which everything is slower than
/// usual.
[[nodiscard]] double slowness();

/// Returns the duration times slowness().
[[nodiscard]] Milliseconds scaled(Milliseconds duration);

/// A moment by which something must have happened.
class Deadline {
  public:
    /// @param within the time from now on, before it is scaled
    explicit Deadline(Milliseconds within) : end_{Clock::now() + scaled(within)} {}

    [[nodiscard]] bool passed() const { return Clock::now() >= end_; }

    /// Returns the remaining time for poll(): rounded up, and never below 0.
    [[nodiscard]] int remaining_ms() const;

  private:
    Clock::time_point end_;
};

/// Calls the predicate until it returns true. Returns false if the deadline passes first.
/// @param pause between two questions
template <typename Predicate>
[[nodiscard]] bool eventually(Predicate predicate, Milliseconds within = default_wait,
                              std::chrono::microseconds pause = Milliseconds{1}) {
    const Deadline deadline{within};
    while (!predicate()) {
        if (deadline.passed()) return predicate();
        std::this_thread::sleep_for(pause);
    }
    return true;
}

/// Returns the milliseconds since `start`, with their fraction.
[[nodiscard]] double milliseconds_since(Clock::time_point start);

}  // namespace belfry::test

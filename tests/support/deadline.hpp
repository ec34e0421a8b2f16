#pragma once

#include <chrono>
#include <thread>

namespace belfry::test {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

/// How long a test waits for what must come. Generous: a passing test never waits for it.
inline constexpr Milliseconds default_wait{10'000};

/// $BELFRY_TEST_SLOW, 1 where it is not set: by how much everything is slower than usual.
[[nodiscard]] double slowness();

/// A duration times slowness().
[[nodiscard]] Milliseconds scaled(Milliseconds duration);

/// A moment by which something must have come.
class Deadline {
  public:
    /// @param within from now on, before scaling
    explicit Deadline(Milliseconds within) : end_{Clock::now() + scaled(within)} {}

    [[nodiscard]] bool passed() const { return Clock::now() >= end_; }

    /// What is left, rounded up, never below 0: fit for poll().
    [[nodiscard]] int remaining_ms() const;

  private:
    Clock::time_point end_;
};

/// Asks until the answer is yes. False: the deadline passed first.
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

/// Milliseconds since `start`, with their fraction.
[[nodiscard]] double milliseconds_since(Clock::time_point start);

}  // namespace belfry::test

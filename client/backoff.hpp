#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <random>

namespace belfry::client {

/// Computes how long to wait before the next attempt. The wait is random, so that many clients do
/// not return at the same moment. It begins with 50 to 100 ms, and its range doubles up to 1 to 2
/// s.
class Backoff {
  public:
    /// Returns the next wait.
    [[nodiscard]] base::Duration next() {
        using Milliseconds = std::chrono::milliseconds;
        std::uniform_int_distribution<Milliseconds::rep> between{max_.count() / 2, max_.count()};
        const Milliseconds wait{between(random_)};
        max_ = std::min(max_ * 2, last_max);
        return wait;
    }

    /// Makes the next wait as short as the first one.
    void reset() noexcept { max_ = first_max; }

  private:
    static constexpr std::chrono::milliseconds first_max{100};
    static constexpr std::chrono::milliseconds last_max{2000};

    std::chrono::milliseconds max_ = first_max;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace belfry::client

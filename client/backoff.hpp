#pragma once

#include "base/clock.hpp"

#include <random>

namespace belfry::client {

/// How long to wait before the next attempt: at random, from 50 ms to 2 s, doubling on average,
/// so that many clients do not come back in step.
class Backoff {
  public:
    [[nodiscard]] base::Duration next();

    /// The next wait is a short one again.
    void reset() noexcept { longest_ = first; }

  private:
    static constexpr std::chrono::milliseconds first{100};
    static constexpr std::chrono::milliseconds last{2000};

    std::chrono::milliseconds longest_ = first;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace belfry::client

#pragma once

#include "tests/support/calls/play.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace belfry::test {

/// A scene of a test: the steps from a new data directory to a clean stop, one of which is a traced
/// start.
struct Scene {
    std::string name;
    Victim victim;
    std::function<void(Play&)> steps;
    std::string durability = "commit";
};

/// Skips the test if no process can be traced.
class KilledAtCall : public ::testing::Test {
  protected:
    void SetUp() override;
};

/// Plays the scene again and again, and kills the victim at its first, second, third … system call,
/// until it survives; or at a sample of them, see kills_everywhere(). Prints the result. Everything
/// that is wrong becomes a failure of the running test.
void kill_at_every_call(const Scene& scene);

/// Plays the scene once without a kill, and returns what was found wrong.
[[nodiscard]] Findings findings_in(const Scene& scene);

}  // namespace belfry::test

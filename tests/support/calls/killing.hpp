#pragma once

#include "tests/support/calls/play.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace belfry::test {

/// What is played from a new data directory to a clean stop, with one traced start in it.
struct Scene {
    std::string name;
    Victim victim;
    std::function<void(Play&)> steps;
    std::string durability = "commit";
};

/// Skips where no process can be traced.
class KilledAtCall : public ::testing::Test {
  protected:
    void SetUp() override;
};

/// Plays the scene again and again, with the victim killed at its first, second, third … system
/// call, until it survives; or at a part of them, see kills_everywhere(). Prints what came out. All
/// that is not well becomes a failure of the running test.
void kill_at_every_call(const Scene& scene);

/// One play that is not disturbed, without a judgement: what was found wrong.
[[nodiscard]] Findings findings_in(const Scene& scene);

}  // namespace belfry::test

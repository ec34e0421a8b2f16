#pragma once

#include "tests/support/step/operation.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

/// Skips where nothing can be stepped through.
class KilledInside : public ::testing::Test {
  protected:
    void SetUp() override;
};

/// Kills a child behind the first, second, third … instruction of the operation, or where not all
/// are asked for behind those that others see and a sample of the rest; goes on after each one, and
/// prints what came out. All that is not well becomes a failure of the running
/// test; so does a state that the table in shm/README.md does not have, and one that it has and
/// that was not found.
void kill_at_every_instruction(Operation& operation);

/// The same without a judgement: what a survivor found wrong.
[[nodiscard]] Findings findings_in(Operation& operation);

}  // namespace belfry::test

#pragma once

#include "tests/support/step/operation.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

/// Skips the test if processes cannot be stepped through.
class KilledInside : public ::testing::Test {
  protected:
    void SetUp() override;
};

/// Kills a child after the first, second, third … instruction of the operation; or, if not all are
/// requested, after those that change what others see and after a sample of the rest. Lets a
/// survivor continue after each kill, and prints the result. Everything that is wrong becomes a
/// failure of the running test. So does a state that the table in shm/README.md lacks, and one that
/// it lists but that was not found.
void kill_at_every_instruction(Operation& operation);

/// Does the same, but only returns what the survivors found wrong.
[[nodiscard]] Findings findings_in(Operation& operation);

}  // namespace belfry::test

#include "tests/support/process.hpp"

#include <gtest/gtest.h>

/// The main job, as a script that a person can read and run.
namespace belfry::test {
namespace {

TEST(MainJob, TenThousandLinesArriveWholeAndInOrderThoughChildrenAreKilled) {
    Command script{"/bin/bash", {source_file("tests/system/main_job.sh").string()}};
    script.environment = {{"BELFRY_BIN", program("belfryd").parent_path().string()}};
    script.death_signal = SIGTERM;
    const Result result = run(script, Milliseconds{60'000});
    EXPECT_EQ(result.status, 0);
    std::cout << result.out;
    if (result.status != 0) std::cout << result.err;
}

}  // namespace
}  // namespace belfry::test

#include "tests/chaos/chaos.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

/// Everything that may die or stop does, in any order, for $BELFRY_CHAOS_SECONDS: nothing is lost,
/// doubled, torn or reordered, and nothing hangs.
namespace belfry::test {
namespace {

/// Each of the six clients keeps 16 bytes of every message.
constexpr double max_messages = 10e6;

std::chrono::seconds half_of_the_time() {
    const char* given = std::getenv("BELFRY_CHAOS_SECONDS");
    const long seconds = given == nullptr ? 60 : std::strtol(given, nullptr, 10);
    return std::chrono::seconds{(seconds + 1) / 2};
}

void survive(const std::string& durability) {
    const auto duration = half_of_the_time();
    Crowd crowd{{.durability = durability},
                max_messages / static_cast<double>(std::max<std::int64_t>(duration.count(), 1))};
    Chaos chaos{crowd, durability != "memory"};
    chaos.rage(duration);
    const Verdict verdict = crowd.finish();
    EXPECT_EQ(chaos.complaints(), std::set<std::string>{});
    std::cout << "chaos durability=" << durability << " seconds=" << duration.count() << " "
              << chaos.harm() << " breaks=" << crowd.breaks() << " " << verdict
              << " seed=" << crowd.seed() << std::endl;
}

TEST(Chaos, NothingIsLostOfWhatIsCommitted) {
    survive("commit");
}

TEST(Chaos, NothingIsLostInMemoryWhileTheSegmentLives) {
    survive("memory");
}

}  // namespace
}  // namespace belfry::test

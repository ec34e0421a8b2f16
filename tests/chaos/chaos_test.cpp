#include "tests/chaos/chaos.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

/// Processes die and stop in random order for $BELFRY_CHAOS_SECONDS. No message is lost,
/// duplicated, torn or reordered, and nothing hangs.
namespace belfry::test {
namespace {

/// Bounds the memory of the test: each of the six clients keeps 16 bytes of every message.
constexpr double max_messages = 10e6;

std::chrono::seconds half_of_the_time() {
    const char* given = std::getenv("BELFRY_CHAOS_SECONDS");
    const long seconds = given == nullptr ? 60 : std::strtol(given, nullptr, 10);
    return std::chrono::seconds{(seconds + 1) / 2};
}

void expect_survival(const std::string& durability) {
    const auto duration = half_of_the_time();
    Crowd crowd{{.durability = durability, .has_gate = true},
                max_messages / static_cast<double>(std::max<std::int64_t>(duration.count(), 1))};
    Chaos chaos{crowd, durability != "memory"};
    chaos.attack_for(duration);
    const Verdict verdict = crowd.finish();
    EXPECT_EQ(chaos.complaints(), std::set<std::string>{});
    std::cout << "chaos durability=" << durability << " seconds=" << duration.count() << " "
              << chaos.harm() << " breaks=" << crowd.breaks() << " " << verdict
              << " seed=" << crowd.seed() << std::endl;
}

TEST(Chaos, NoMessageIsLostWithDurabilityCommit) {
    expect_survival("commit");
}

TEST(Chaos, NoMessageIsLostWithDurabilityMemoryWhileTheSegmentExists) {
    expect_survival("memory");
}

}  // namespace
}  // namespace belfry::test

#include "tests/chaos/cluster/cluster_chaos.hpp"

#include "tests/support/failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

/// Everything in a cluster dies, stops and is cut off in random order for $BELFRY_CHAOS_SECONDS. No
/// message is lost, doubled, torn or reordered at any node, and all nodes have the same messages.
namespace belfry::test {
namespace {

/// Bounds the memory of the test: each of the six clients keeps 16 bytes of every message.
constexpr double max_messages = 5e6;

/// The machine carries clients, nodes and etcd servers at once.
constexpr double max_per_second = 2000;

std::chrono::seconds duration_of_the_run() {
    const char* given = std::getenv("BELFRY_CHAOS_SECONDS");
    return std::chrono::seconds{given == nullptr ? 60 : std::strtol(given, nullptr, 10)};
}

void print_counts(const ClusterChaos& chaos) {
    std::cout << "chaos of a cluster:";
    for (const auto& [kind, count] : chaos.counts()) std::cout << " " << kind << "=" << count;
    std::cout << std::endl;
}

TEST(ClusterChaos, NoMessageIsLostAndAllNodesAreEqual) {
    const auto duration = duration_of_the_run();
    const auto seconds = static_cast<double>(std::max<std::int64_t>(duration.count(), 1));
    ClusterCrowd crowd{ClusterChaos::options(), std::min(max_per_second, max_messages / seconds)};
    ClusterChaos chaos{crowd};
    try {
        chaos.attack_for(duration);
    } catch (const Failure&) {
        print_counts(chaos);
        throw;
    }
    const Verdict verdict = crowd.finish();
    EXPECT_EQ(chaos.complaints(), std::set<std::string>{});
    print_counts(chaos);
    std::cout << "seconds=" << duration.count() << " breaks=" << crowd.clients().breaks()
              << " refusals=" << crowd.clients().refusals()
              << " longest-recovery-ms=" << chaos.longest_recovery_ms() << " " << verdict
              << " seed=" << crowd.seed() << std::endl;
}

}  // namespace
}  // namespace belfry::test

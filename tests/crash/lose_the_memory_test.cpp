#include "tests/support/crash/crowd.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

/// The same six clients with a store. Neither the death of the archiver nor the loss of the shared
/// memory loses, duplicates or renumbers a message that was SENT or delivered.
namespace belfry::test {
namespace {

using std::chrono::microseconds;

TEST(LoseTheMemory, AMessageThatWasSentOrDeliveredSurvivesTheLossOfTheSegment) {
    constexpr int rounds = 100;
    Crowd crowd{{.durability = "commit"}};
    for (int round = 0; round < rounds; ++round) {
        crowd.pause(microseconds{8000});
        crowd.server().kill_all();
        crowd.server().lose_segment();
        crowd.server().start();
        crowd.server_moved();
        // In every fourth round all clients receive new messages again before the next kill. In
        // the other rounds the kill comes while they still read their backlog.
        if (round % 4 == 0) {
            ASSERT_TRUE(crowd.everybody_goes_on_after(crowd.now()));
        }
    }
    std::cout << "machines lost=" << rounds << " " << crowd.finish() << "\n";
}

TEST(LoseTheMemory, AnArchiverThatIsKilledUnderLoadDisconnectsNobody) {
    constexpr int kills = 200;
    Crowd crowd{{.durability = "commit"}};
    std::vector<double> next_push;
    pid_t last = 0;
    for (int kill = 0; kill < kills; ++kill) {
        crowd.pause(microseconds{8000});
        pid_t archiver = crowd.server().archiver();
        if (archiver == last) continue;
        last = archiver;
        const auto moment = crowd.now();
        crowd.kill(archiver);
        const auto times = crowd.wait_for_pushes(moment);
        next_push.insert(next_push.end(), times.begin(), times.end());
    }
    const Verdict verdict = crowd.finish();
    EXPECT_EQ(crowd.breaks(), 0U);
    std::cout << "archivers killed=" << kills << " " << verdict << "\n";
    std::cout << "from a kill to the next message: " << summary(next_push) << "\n";
}

TEST(LoseTheMemory, NoMessageIsLostWhileASmallRingWaitsForTheStore) {
    constexpr int kills = 60;
    Crowd crowd{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    for (int kill = 0; kill < kills; ++kill) {
        crowd.pause(microseconds{8000});
        const auto moment = crowd.now();
        crowd.kill(crowd.choose_victim());  // a session child or the archiver
        static_cast<void>(crowd.wait_for_pushes(moment));
    }
    std::cout << "kills with a small ring=" << kills << " " << crowd.finish() << "\n";
}

}  // namespace
}  // namespace belfry::test

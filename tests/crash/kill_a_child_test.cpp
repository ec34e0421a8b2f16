#include "tests/support/crash/crowd.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <iostream>

/// Six clients send and receive while processes of the server are killed or stopped. Every message
/// still arrives at every other client exactly once, whole, and in the same order. The judge
/// compares what the clients received; it does not look inside the server.
namespace belfry::test {
namespace {

using std::chrono::microseconds;

void append_times(std::vector<double>& all, const std::vector<double>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

TEST(KillAChild, NoMessageIsLostDuplicatedTornOrReorderedAndNobodyElseIsDisconnected) {
    constexpr std::uint64_t kills = 200;
    Crowd crowd;
    std::vector<double> next_push;
    for (std::uint64_t kill = 0; kill < kills; ++kill) {
        crowd.pause(microseconds{8000});
        const pid_t victim = crowd.choose_victim();
        const auto moment = crowd.now();
        crowd.kill(victim);
        // After every eighth kill the next one follows at once.
        if (kill % 8 != 0) append_times(next_push, crowd.wait_for_pushes(moment));
    }
    const Verdict verdict = crowd.finish();
    // Each kill broke the connection of its victim and no other.
    EXPECT_EQ(crowd.breaks(), kills);
    std::cout << "kills=" << kills << " " << verdict << "\n";
    std::cout << "from a kill to the next message at the other clients: " << summary(next_push)
              << "\n";
}

TEST(KillAChild, AServerThatIsKilledAndStartedAgainLosesNoMessage) {
    constexpr int rounds = 10;
    Crowd crowd;
    for (int round = 0; round < rounds; ++round) {
        for (int kill = 0; kill < 3; ++kill) {
            crowd.pause(microseconds{8000});
            crowd.kill(crowd.choose_victim());
        }
        crowd.pause(microseconds{30'000});
        crowd.server().kill_all();
        crowd.server().start();
        crowd.server_moved();
        // Every client receives messages again before the next kill.
        ASSERT_TRUE(crowd.everybody_goes_on_after(crowd.now()));
    }
    std::cout << "servers killed=" << rounds << " " << crowd.finish() << "\n";
}

TEST(KillAChild, TheNextSupervisorAdoptsTheChildrenOfAKilledOne) {
    constexpr int rounds = 10;
    Crowd crowd;
    for (int round = 0; round < rounds; ++round) {
        crowd.pause(microseconds{30'000});
        const auto moment = crowd.now();
        crowd.server().kill_supervisor();
        static_cast<void>(crowd.wait_for_pushes(moment));
        crowd.server().start();
        crowd.server_moved();
    }
    EXPECT_EQ(crowd.breaks(), 0U);
    // Clients survive the death of an adopted child as they survive that of any other.
    for (int kill = 0; kill < 12; ++kill) crowd.kill(crowd.choose_victim());
    std::cout << "supervisors killed=" << rounds << " " << crowd.finish() << "\n";
    EXPECT_EQ(crowd.breaks(), 12U);
}

TEST(KillAChild, AStoppedChildDelaysNoOtherClient) {
    constexpr int stops = 30;
    Crowd crowd;
    std::vector<double> next_push;
    for (int stop = 0; stop < stops; ++stop) {
        crowd.pause(microseconds{20'000});
        const pid_t victim = crowd.choose_victim();
        const auto moment = crowd.now();
        ASSERT_EQ(::kill(victim, SIGSTOP), 0);
        append_times(next_push, crowd.wait_for_pushes(moment, 1));
        if (stop % 3 == 0) {
            crowd.kill(victim);
        } else {
            ::kill(victim, SIGCONT);
        }
    }
    const Verdict verdict = crowd.finish();
    EXPECT_LE(crowd.breaks(), static_cast<std::uint64_t>(stops));
    std::cout << "stops=" << stops << " " << verdict << "\n";
    std::cout << "from a stop to the next message at the other clients: " << summary(next_push)
              << "\n";
}

}  // namespace
}  // namespace belfry::test

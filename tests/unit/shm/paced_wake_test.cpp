#include "shm/paced_wake.hpp"

#include "shm/news.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace belfry::test {
namespace {

/// The number of sleepers, which is high enough that they are woken a few at a time.
constexpr std::uint32_t crowd = 40;

shm::SegmentPlan plan_of_a_crowd() {
    shm::SegmentPlan plan = small_plan();
    plan.max_clients = crowd;
    plan.clients.clear();
    for (std::uint32_t number = 0; number < crowd; ++number) {
        plan.clients.push_back({"c" + std::to_string(number)});
    }
    return plan;
}

class PacedWake : public ::testing::Test {
  protected:
    void add_session(std::uint32_t slot) {
        sessions_.push_back(claimed_session(segment(), slot));
        shm::Session::Welcome welcome;
        ASSERT_EQ(sessions_.back().login("c" + std::to_string(slot), welcome),
                  shm::Session::LoginResult::welcome);
        shm::announce_presence(segment());
    }

    /// Adds a child that sleeps until a message is in the log. The child exits with 1 if its
    /// deadline comes first.
    void add_child(bool is_sender = false) {
        sleepers_.emplace_back([this, is_sender] {
            ++*begun_;
            shm::Condition& news = is_sender ? log().news_of_senders : log().new_messages;
            const bool woken =
                news.wait_until(deadline_, [this] { return log().last_id.load() != 0; });
            return woken && Clock::now() < deadline_ ? 0 : 1;
        });
        ASSERT_TRUE(eventually(
            [&] { return begun_->load() == sleepers_.size() && sleepers_.back().is_asleep(); }));
    }

    /// Adds a session, and a child that sleeps in its place.
    void add_sleeper(std::uint32_t slot, bool is_sender = false) {
        add_session(slot);
        add_child(is_sender);
    }

    void wake_all() {
        log().last_id.store(1);
        shm::PacedWake wake{segment()};
        wake.begin();
        while (wake.has_more()) wake.step();
    }

    [[nodiscard]] std::uint32_t still_asleep() { return log().new_messages.wake_some(crowd); }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }

    ScratchSegment scratch_{plan_of_a_crowd()};
    Shared<std::atomic<std::uint32_t>> begun_;
    Shared<std::atomic<bool>> is_over_;
    Clock::time_point deadline_ = Clock::now() + 3 * scaled(default_wait);
    std::vector<shm::Session> sessions_;
    std::vector<ForkedChild> sleepers_;
};

TEST_F(PacedWake, WakesEverySleeper) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_sleeper(slot);
    wake_all();
    EXPECT_EQ(still_asleep(), 0U);
    for (ForkedChild& sleeper : sleepers_) EXPECT_EQ(sleeper.wait(), 0);
}

TEST_F(PacedWake, AClientThatHasJustSentIsWokenAtOnce) {
    for (std::uint32_t slot = 0; slot + 1 < crowd; ++slot) add_sleeper(slot);
    add_sleeper(crowd - 1, true);
    log().last_id.store(1);
    shm::PacedWake wake{segment()};
    wake.begin();
    EXPECT_TRUE(wake.has_more());
    EXPECT_EQ(sleepers_.back().wait(), 0);
    EXPECT_NE(still_asleep(), 0U);
}

TEST_F(PacedWake, ACommitAfterALongTimeWithoutStepsWakesEverySleeper) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_sleeper(slot);
    log().last_id.store(1);
    shm::PacedWake wake{segment()};
    wake.begin();
    EXPECT_TRUE(wake.has_more());
    std::this_thread::sleep_for(std::chrono::milliseconds{600});  // stands for a slow commit
    wake.begin();
    EXPECT_FALSE(wake.has_more());
    EXPECT_EQ(still_asleep(), 0U);
}

TEST_F(PacedWake, InAStreamWithoutAPauseEverySleeperGetsItsTurn) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_sleeper(slot);
    log().last_id.store(1);
    shm::PacedWake wake{segment()};
    EXPECT_TRUE(eventually([&] {
        wake.begin();
        return std::ranges::all_of(sleepers_, [](ForkedChild& one) { return one.has_ended(); });
    }));
    for (ForkedChild& sleeper : sleepers_) EXPECT_EQ(sleeper.wait(), 0);
}

TEST_F(PacedWake, AfterALongPauseTheNextStepComesSoon) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_sleeper(slot);
    shm::PacedWake wake{segment()};
    wake.begin();
    EXPECT_TRUE(wake.has_more());
    EXPECT_EQ(wake.timeout(), std::chrono::milliseconds{1});
}

TEST_F(PacedWake, ASessionThatHasLeftButStillSleepsTakesNoTurnFromOthers) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_sleeper(slot);
    // They have slept longest, so they are woken first.
    for (std::uint32_t slot = 0; slot < 5; ++slot) sessions_[slot].leave();
    wake_all();
    EXPECT_EQ(still_asleep(), 0U);
}

TEST_F(PacedWake, AThreadThatWaitsForPresenceAloneTakesNoTurnFromSessions) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_session(slot);
    // It sleeps longest, because nothing wakes it any more, so its turn would be the first.
    Shared<std::atomic<bool>> has_begun;
    ForkedChild watcher{[&] {
        has_begun->store(true);
        return shm::wait_for_presence(segment(), deadline_, [this] { return is_over_->load(); })
                   ? 0
                   : 1;
    }};
    ASSERT_TRUE(eventually([&] { return has_begun->load() && watcher.is_asleep(); }));
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_child();
    wake_all();
    for (ForkedChild& sleeper : sleepers_) EXPECT_EQ(sleeper.wait(), 0);
    is_over_->store(true);
    shm::announce_presence(segment());
    EXPECT_EQ(watcher.wait(), 0);
}

TEST_F(PacedWake, ASessionThatWasTakenOverButStillSleepsTakesNoTurnFromOthers) {
    for (std::uint32_t slot = 0; slot < crowd; ++slot) add_sleeper(slot);
    std::vector<shm::Session> later;
    for (std::uint32_t client = 0; client < 5; ++client) {
        later.push_back(claimed_session(segment(), crowd + client));
        shm::Session::Welcome welcome;
        ASSERT_EQ(later.back().login("c" + std::to_string(client), welcome),
                  shm::Session::LoginResult::welcome);
        later.back().leave();
    }
    wake_all();
    EXPECT_EQ(still_asleep(), 0U);
}

}  // namespace
}  // namespace belfry::test

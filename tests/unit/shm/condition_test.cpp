#include "shm/condition.hpp"

#include "shm/log_lock.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace belfry::test {
namespace {

using Guard = boost::interprocess::scoped_lock<shm::LogLock>;

struct Block {
    shm::Condition condition;
    std::atomic<std::uint32_t> go;        ///< the number that waiters wait for
    std::atomic<std::uint32_t> begun;     ///< how many waiters have started
    std::atomic<std::uint32_t> looks[2];  ///< how often a waiter has evaluated its predicate
};

class ConditionTest : public ::testing::Test {
  protected:
    /// Starts a child that sleeps until `go` has reached a number. It exits with 1 if its deadline
    /// comes first.
    [[nodiscard]] ForkedChild waiter(std::uint32_t number = 1,
                                     std::uint32_t groups = shm::Condition::everybody,
                                     std::size_t counter = 0) {
        ForkedChild child{[=, this] {
            shared_->begun += 1;
            const auto looks = [&] {
                shared_->looks[counter] += 1;
                return shared_->go.load() >= number;
            };
            shared_->condition.wait_until(deadline_, looks, groups);
            return Clock::now() < deadline_ ? 0 : 1;
        }};
        const std::uint32_t expected = ++begun_;
        if (!eventually([&] { return shared_->begun == expected && child.is_asleep(); })) {
            throw Failure{"a waiter does not sleep"};
        }
        return child;
    }

    Shared<Block> shared_;
    Clock::time_point deadline_ = Clock::now() + 3 * scaled(default_wait);
    std::uint32_t begun_ = 0;
};

TEST_F(ConditionTest, DoesNotSleepIfThePredicateHolds) {
    EXPECT_TRUE(shared_->condition.wait_until(deadline_, [] { return true; }));
}

TEST_F(ConditionTest, ReturnsFalseAtTheDeadline) {
    const auto soon = Clock::now() + Milliseconds{20};
    EXPECT_FALSE(shared_->condition.wait_until(soon, [] { return false; }));
    EXPECT_GE(Clock::now(), soon);
    EXPECT_FALSE(shared_->condition.wait_until(soon, [] { return false; }));
}

TEST_F(ConditionTest, ReacquiresTheLockBeforeItReturns) {
    ScratchSegment scratch;
    shm::LogLock lock{scratch.segment()};
    Guard guard{lock};
    const auto soon = Clock::now() + Milliseconds{20};
    EXPECT_FALSE(shared_->condition.wait_until(guard, soon, [] { return false; }));
    EXPECT_TRUE(guard.owns());
    shared_->condition.wait(guard, [] { return true; });
    EXPECT_TRUE(guard.owns());
}

TEST_F(ConditionTest, ReleasesTheLockWhileItSleeps) {
    ScratchSegment scratch;
    ForkedChild child{[&] {
        shm::LogLock lock{scratch.segment()};
        Guard guard{lock};
        shared_->begun = 1;
        shared_->condition.wait(guard, [&] { return shared_->go.load() != 0; });
        return 0;
    }};
    ASSERT_TRUE(eventually([&] { return shared_->begun == 1; }));
    {
        shm::LogLock lock{scratch.segment()};
        const Guard guard{lock};
        shared_->go = 1;
    }
    shared_->condition.notify_all();
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(ConditionTest, LosesNoWakeUp) {
    // One lost wake-up makes its waiter sleep until the deadline.
    const auto play = [this](std::uint32_t side) {
        for (int round = 0; round < 10'000; ++round) {
            const auto my_turn = [&] { return shared_->go.load() == side; };
            if (!shared_->condition.wait_until(deadline_, my_turn)) return 1;
            shared_->go = 1 - side;
            shared_->condition.notify_all();
        }
        return Clock::now() < deadline_ ? 0 : 1;
    };
    ForkedChild one{[&] { return play(0); }};
    ForkedChild two{[&] { return play(1); }};
    EXPECT_EQ(one.wait(4 * default_wait), 0);
    EXPECT_EQ(two.wait(4 * default_wait), 0);
}

TEST_F(ConditionTest, NotifyAllWakesEveryWaiter) {
    ForkedChild one = waiter();
    ForkedChild two = waiter();
    shared_->go = 1;
    shared_->condition.notify_all();
    EXPECT_EQ(one.wait(), 0);
    EXPECT_EQ(two.wait(), 0);
}

TEST_F(ConditionTest, NotifyOneWakesAnotherWaiterEachTime) {
    ForkedChild one = waiter();
    ForkedChild two = waiter();
    shared_->go = 1;
    shared_->condition.notify_one();
    shared_->condition.notify_one();
    EXPECT_EQ(one.wait(), 0);
    EXPECT_EQ(two.wait(), 0);
}

TEST_F(ConditionTest, KilledWaitersBlockNeitherTheNotifierNorOtherWaiters) {
    std::vector<ForkedChild> waiters;
    for (int i = 0; i < 8; ++i) waiters.push_back(waiter());
    for (std::size_t i = 0; i < 8; i += 2) {
        waiters[i].kill();
        ForkedChild notifier{[this] {
            for (int round = 0; round < 100; ++round) shared_->condition.notify_all();
            return 0;
        }};
        ASSERT_EQ(notifier.wait(), 0);
    }
    shared_->go = 1;
    shared_->condition.notify_all();
    for (std::size_t i = 1; i < 8; i += 2) EXPECT_EQ(waiters[i].wait(), 0);
}

TEST_F(ConditionTest, NotifyGroupWakesOnlyItsGroup) {
    ForkedChild one = waiter(1, 1, 0);
    ForkedChild two = waiter(2, 2, 1);
    shared_->go = 1;
    shared_->condition.notify_group(1);
    EXPECT_EQ(one.wait(), 0);
    shared_->go = 2;
    shared_->condition.notify_group(2);
    EXPECT_EQ(two.wait(), 0);
    EXPECT_EQ(shared_->looks[1].load(), 2U) << "the waiter of the other group was woken too";
}

TEST_F(ConditionTest, AWaiterOfAllGroupsIsWokenByAnyGroup) {
    ForkedChild child = waiter();
    shared_->go = 1;
    shared_->condition.notify_group(0x8000'0000);
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(ConditionTest, WakeEverybodyWakesEvenIfTheWaitersBitIsClear) {
    ForkedChild child = waiter();
    // A notifier that dies before it has woken a waiter leaves the word like this.
    *reinterpret_cast<std::atomic<std::uint32_t>*>(&shared_->condition) = 2;
    shared_->go = 1;
    shared_->condition.wake_everybody();
    EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace belfry::test

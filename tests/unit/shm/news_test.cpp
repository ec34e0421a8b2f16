#include "shm/news.hpp"

#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

namespace belfry::test {
namespace {

shm::SegmentPlan plan_with_store() {
    shm::SegmentPlan plan = small_plan();
    plan.durability = shm::Durability::commit;
    return plan;
}

/// A child that waits for news as the delivering thread of a session does. The test is its
/// appending thread.
class News : public ::testing::Test {
  protected:
    /// Returns once the child sleeps. Its status is 1 if its deadline came first.
    ForkedChild sleeper(const shm::SessionNews::Wanted& wanted) {
        ForkedChild child{[this, wanted] {
            *begun_ = true;
            return news_.wait_until(deadline_, wanted) && Clock::now() < deadline_ ? 0 : 1;
        }};
        EXPECT_TRUE(eventually([&] { return *begun_ && child.is_asleep(); }));
        return child;
    }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }

    ScratchSegment scratch_{plan_with_store()};
    Shared<std::optional<shm::SessionNews>> shared_news_;
    shm::SessionNews& news_ = shared_news_->emplace(scratch_.segment(), 0U);
    Shared<std::atomic<bool>> begun_;
    Clock::time_point deadline_ = Clock::now() + 3 * scaled(default_wait);
};

TEST_F(News, PresenceWakesASessionThatWatchesIt) {
    ForkedChild child = sleeper({.has_sent = false, .presence = shm::presence_count(segment())});
    shm::announce_presence(segment());
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(News, AnAnnouncedMessageWakesItsOwnSessionOutOfTheCrowd) {
    ForkedChild child = sleeper({});
    news_.announce_own();
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(News, AStoredMessageWakesASessionThatHasJustSent) {
    ForkedChild child = sleeper({.has_sent = true, .presence = {}});
    scratch_.log().stored_id = 1;
    shm::StoredNews{segment()}.announce();
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(News, AnotherDurabilityEndsTheWait) {
    ForkedChild child = sleeper({});
    segment().prefix().durability = static_cast<std::uint32_t>(shm::Durability::async);
    shm::wake_everybody(segment());
    EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace belfry::test

#include "shm/outbox.hpp"

#include "shm/news.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace belfry::shm {
namespace {

SegmentPlan cluster_plan() {
    SegmentPlan plan = test::small_plan();
    plan.durability = Durability::commit;
    plan.cluster = {.name = "bells", .node = "north", .incarnation = 77, .outbox_bytes = 4096};
    return plan;
}

class Outbox : public ::testing::Test {
  protected:
    [[nodiscard]] Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] std::string bytes(std::uint64_t from, std::uint64_t to) {
        std::string copied;
        copy_outbox(segment(), from, to, copied);
        return copied;
    }

    test::ScratchSegment scratch_{cluster_plan()};
};

TEST_F(Outbox, IsMadeWithTheSegmentOfANode) {
    EXPECT_TRUE(segment().is_in_cluster());
    EXPECT_EQ(shared_text(segment().cluster().name), "bells");
    EXPECT_EQ(shared_text(segment().cluster().node), "north");
    EXPECT_EQ(segment().outbox().incarnation, 77u);
    EXPECT_EQ(segment().outbox().end.load(), 0u);
}

TEST_F(Outbox, HoldsFourOfTheLargestMessages) {
    EXPECT_GE(segment().outbox_ring().size(), 4u * segment().geometry().max_payload);
}

TEST(SegmentOfASingleServer, HasNoOutbox) {
    test::ScratchSegment scratch;
    EXPECT_FALSE(scratch.segment().is_in_cluster());
    EXPECT_EQ(scratch.segment().outbox_ring().size(), 0u);
}

TEST_F(Outbox, ShowsNothingOfABatchBeforeItsCommit) {
    OutboxBatch batch{segment()};
    ASSERT_TRUE(batch.add("head", "body"));
    EXPECT_EQ(segment().outbox().end.load(), 0u);
    batch.commit();
    EXPECT_EQ(segment().outbox().end.load(), 8u);
    EXPECT_EQ(bytes(0, 8), "headbody");
}

TEST_F(Outbox, ForgetsABatchThatWasNotCommitted) {
    {
        OutboxBatch batch{segment()};
        ASSERT_TRUE(batch.add("lost"));
    }
    EXPECT_EQ(append_entry(segment(), "kept"), 4u);
    EXPECT_EQ(bytes(0, 4), "kept");
}

TEST_F(Outbox, TakesNoMoreThanItHoldsUntilItsHeadMoves) {
    const std::string entry(1000, 'e');
    const std::size_t fitting = segment().outbox_ring().size() / entry.size();
    for (std::size_t count = 0; count < fitting; ++count) {
        ASSERT_NE(append_entry(segment(), entry), 0u);
    }
    EXPECT_EQ(append_entry(segment(), entry), 0u);
    publish_applied(segment(), entry.size());
    EXPECT_EQ(append_entry(segment(), entry), (fitting + 1) * entry.size());
}

TEST_F(Outbox, CopiesAnEntryAcrossItsEnd) {
    const std::size_t size = segment().outbox_ring().size();
    ASSERT_NE(append_entry(segment(), std::string(size - 3, 'x')), 0u);
    publish_applied(segment(), size - 3);
    ASSERT_EQ(append_entry(segment(), "abc", "defg"), size + 4);
    EXPECT_EQ(bytes(size - 3, size + 4), "abcdefg");
}

TEST_F(Outbox, WakesWhoWaitsForItsHead) {
    std::jthread replica{[this] { publish_applied(segment(), 8); }};
    wait_until_applied(segment(), 8, Condition::Clock::now() + std::chrono::minutes{1});
    EXPECT_EQ(segment().outbox().head.load(), 8u);
}

TEST_F(Outbox, ClientOfANodeIsOnlineWhileItsNodeIsAlive) {
    ClientRow& ann = segment().client(0);
    EXPECT_FALSE(is_online(segment(), 0));
    ann.login_node.store(2);
    ann.login.store(99);
    EXPECT_FALSE(is_online(segment(), 0));
    segment().cluster().nodes[1].is_alive.store(1);
    EXPECT_TRUE(is_online(segment(), 0));
}

TEST(SharedText, KeepsWhatFits) {
    SharedText<2> text{};
    set_shared_text(text, "a text of twenty one");
    EXPECT_EQ(shared_text(text), "a text of twenty");
    set_shared_text(text, "b");
    EXPECT_EQ(shared_text(text), "b");
}

}  // namespace
}  // namespace belfry::shm

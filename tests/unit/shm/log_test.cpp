#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

/// Tests that records are read as they were appended.
namespace belfry::test {
namespace {

class Log : public SegmentTest {
  protected:
    [[nodiscard]] std::vector<KeptRecord> ring() { return read_ring(segment()); }

    Sender ann_{segment(), 0, "ann"};
    Sender bob_{segment(), 1, "bob"};
};

TEST_F(Log, IsEmptyAtFirst) {
    EXPECT_EQ(log().first_id.load(), 1U);
    EXPECT_EQ(log().last_id.load(), 0U);
    EXPECT_TRUE(ring().empty());
}

TEST_F(Log, ReturnsRecordsInTheOrderOfAppending) {
    EXPECT_EQ(ann_.append({{1, "one"}, {2, "two"}}).last_id, 2U);
    EXPECT_EQ(bob_.say("three").last_id, 3U);
    EXPECT_EQ(ring(),
              (std::vector<KeptRecord>{{1, "ann", "one"}, {2, "ann", "two"}, {3, "bob", "three"}}));
}

TEST_F(Log, KeepsAnyBytes) {
    const std::string bytes{"\0\r\n\xff:\n 1 ann 0:\n", 16};
    ann_.say(bytes);
    EXPECT_EQ(ring().at(0).body, bytes);
}

TEST_F(Log, KeepsRecordsOfZeroBytes) {
    ann_.append({{1, ""}, {2, ""}, {3, "x"}});
    EXPECT_EQ(ring(), (std::vector<KeptRecord>{{1, "ann", ""}, {2, "ann", ""}, {3, "ann", "x"}}));
}

TEST_F(Log, KeepsRecordsOfTheLargestPayload) {
    const std::string largest(segment().geometry().max_payload, 'L');
    ASSERT_TRUE(shm::LogWriter::payload_fits(segment().ring().size(), largest.size()));
    EXPECT_EQ(ann_.say(largest).decided, 1U);
    EXPECT_EQ(ring().at(0).body, largest);
}

TEST_F(Log, AppendsNothingForNoMessages) {
    const auto result = ann_.append({});
    EXPECT_EQ(result.decided, 0U);
    EXPECT_FALSE(result.fenced);
    EXPECT_EQ(log().last_id.load(), 0U);
}

TEST_F(Log, ClearsTheAppendingFlagAfterAnAppend) {
    ann_.say("x");
    EXPECT_EQ(segment().session(0).appending.load(), 0U);
}

TEST(LogOfAPlan, StartsAfterTheLastIdOfThePlan) {
    shm::SegmentPlan plan = small_plan();
    plan.last_id = 1000;
    ScratchSegment scratch{plan};
    EXPECT_EQ(scratch.log().first_id.load(), 1001U);
    Sender ann{scratch.segment(), 0, "ann"};
    EXPECT_EQ(ann.say("x").last_id, 1001U);
    EXPECT_EQ(read_ring(scratch.segment()), (std::vector<KeptRecord>{{1001, "ann", "x"}}));
    EXPECT_EQ(scratch.broken(), std::vector<std::string>{});
}

TEST(PayloadFits, IfItIsAtMostAnEighthOfTheRing) {
    EXPECT_TRUE(shm::LogWriter::payload_fits(64 << 10, 8 << 10));
    EXPECT_FALSE(shm::LogWriter::payload_fits(64 << 10, (8 << 10) + 1));
}

TEST(PayloadFits, OnlyIfHeadAndTailFitABatchToo) {
    EXPECT_FALSE(shm::LogWriter::payload_fits(1000, 1));
}

}  // namespace
}  // namespace belfry::test

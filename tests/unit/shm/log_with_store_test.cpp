#include "tests/support/forked_child.hpp"
#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <atomic>

/// With a store, no record is overwritten (invariant 4) or visible (invariant 5) before it is
/// stored.
namespace belfry::test {
namespace {

using shm::Durability;

shm::SegmentPlan plan_for(Durability durability) {
    shm::SegmentPlan plan = small_plan();
    plan.durability = durability;
    return plan;
}

class LogWithStore : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_EQ(scratch_.broken(), std::vector<std::string>{}); }

    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }

    /// Appends until no further message fits.
    /// @return the last id
    std::uint64_t fill(Sender& sender) {
        while (true) {
            const auto result = sender.say(std::string(1000, 'x'));
            if (result.no_space) return result.end_id;
            if (result.decided != 1) {
                throw Failure{"the message was not appended although there is space"};
            }
        }
    }

    /// Moves `stored_id` as the archiver does.
    void store_up_to(std::uint64_t id) {
        log().stored_id = id;
        log().space.notify_all();
    }

    ScratchSegment scratch_{plan_for(Durability::commit)};
    Sender ann_{scratch_.segment(), 0, "ann"};
};

TEST_F(LogWithStore, ARecordThatIsNotStoredIsNotOverwritten) {
    const std::uint64_t last = fill(ann_);
    EXPECT_GT(last, 50U);
    EXPECT_EQ(log().first_id, 1U);
    EXPECT_EQ(read_ring(scratch_.segment()).size(), last);
    const auto result = ann_.say("x" + std::string(1000, 'x'));
    EXPECT_TRUE(result.no_space);
    EXPECT_FALSE(result.fenced);
    EXPECT_EQ(result.decided, 0U);
    EXPECT_EQ(result.last_id, 0U);
    EXPECT_EQ(log().last_id, last);
}

TEST_F(LogWithStore, ARecordThatIsNotStoredIsNotOverwrittenWithDurabilityAsyncEither) {
    ScratchSegment scratch{plan_for(Durability::async)};
    Sender ann{scratch.segment(), 0, "ann"};
    const std::uint64_t last = fill(ann);
    EXPECT_EQ(scratch.log().first_id, 1U);
    EXPECT_EQ(scratch.segment().visible(), last);
}

TEST_F(LogWithStore, TheIndexEntryOfARecordThatIsNotStoredIsNotOverwritten) {
    const std::uint64_t entries = scratch_.segment().geometry().index_entries;
    shm::LogWriter::Result result;
    while (!result.no_space) result = ann_.say("");
    EXPECT_EQ(log().first_id, 1U);
    EXPECT_EQ(result.end_id, entries - 1) << "one entry holds the end of the log";
}

TEST_F(LogWithStore, OnlyStoredRecordsAreOverwritten) {
    const std::uint64_t last = fill(ann_);
    store_up_to(10);
    const std::uint64_t more = fill(ann_);
    EXPECT_GT(more, last);
    EXPECT_LE(log().first_id, 11U);
    EXPECT_GT(log().first_id, 1U);
    store_up_to(more);
    for (int round = 0; round < 500; ++round) {
        EXPECT_EQ(ann_.say(std::string(1000, 'y')).decided, 1U);
        store_up_to(log().last_id);
    }
}

TEST_F(LogWithStore, NothingIsVisibleBeforeItIsStored) {
    ann_.append_numbered(1, 5);
    EXPECT_EQ(scratch_.segment().visible(), 0U);
    EXPECT_TRUE(ann_.session().acknowledge(5));
    EXPECT_EQ(shm::cursor_of(scratch_.segment(), 0), 0U);
    store_up_to(3);
    EXPECT_EQ(scratch_.segment().visible(), 3U);
    EXPECT_TRUE(ann_.session().acknowledge(5));
    EXPECT_EQ(shm::cursor_of(scratch_.segment(), 0), 3U);
}

TEST_F(LogWithStore, ADuplicateIsRecognisedEvenIfThereIsNoSpace) {
    const std::uint64_t last = fill(ann_);
    std::vector<shm::Outcome> outcomes;
    const auto result = ann_.append({{1, "again"}, {last, "again"}, {last + 1, "new"}}, outcomes);
    EXPECT_EQ(result.decided, 2U);
    EXPECT_EQ(outcomes[0], shm::Outcome::duplicate);
    EXPECT_EQ(outcomes[1], shm::Outcome::duplicate);
    EXPECT_EQ(result.end_id, last) << "the repeated messages have this id or a lower one";
}

TEST_F(LogWithStore, AWriterThatWaitsForSpaceIsWokenWhenARecordIsStored) {
    Shared<std::atomic<bool>> full;
    ForkedChild child{[&] {
        Sender bob{scratch_.segment(), 1, "bob"};
        fill(bob);
        *full = true;
        const auto deadline = Clock::now() + 3 * scaled(default_wait);
        bob.writer().wait_for_space(deadline);
        return bob.say("x").decided == 1 && Clock::now() < deadline ? 0 : 1;
    }};
    ASSERT_TRUE(eventually([&] { return full->load() && child.is_asleep(); }));
    store_up_to(10);
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(LogWithStore, DoesNotWaitIfSpaceHasBecomeFreeSinceTheAppend) {
    fill(ann_);
    log().stored_id = 10;
    const auto deadline = Clock::now() + scaled(default_wait);
    ann_.writer().wait_for_space(deadline);
    EXPECT_LT(Clock::now(), deadline);
    EXPECT_EQ(ann_.say("x").decided, 1U);
}

TEST_F(LogWithStore, WaitsForSpaceUntilTheDeadlineAtMost) {
    fill(ann_);
    const auto soon = Clock::now() + Milliseconds{20};
    ann_.writer().wait_for_space(soon);
    EXPECT_GE(Clock::now(), soon);
}

TEST_F(LogWithStore, AnAppendWakesTheArchiver) {
    ForkedChild child{[this] {
        const auto deadline = Clock::now() + 3 * scaled(default_wait);
        const auto is_there = [this] { return log().last_id.load() == 1; };
        scratch_.segment().archiver().wake.wait_until(deadline, is_there);
        return Clock::now() < deadline ? 0 : 1;
    }};
    ASSERT_TRUE(eventually([&] { return child.is_asleep(); }));
    ann_.say("x");
    EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace belfry::test

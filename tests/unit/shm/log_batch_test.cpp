#include "shm/seq_rules.hpp"
#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

/// Tests of the outcome of each message in a batch.
namespace belfry::test {
namespace {

using Outcomes = std::vector<shm::Outcome>;
using enum shm::Outcome;

class LogBatch : public SegmentTest {
  protected:
    [[nodiscard]] std::uint64_t last_seq() { return ann_.session().client().last_seq.load(); }

    Sender ann_{segment(), 0, "ann"};
    Outcomes outcomes_;
};

TEST_F(LogBatch, ASeqThatWasAcceptedIsADuplicate) {
    ann_.append({{5, "five"}});
    const auto result = ann_.append({{5, "five"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{duplicate});
    EXPECT_EQ(result.decided, 1U);
    EXPECT_EQ(result.last_id, 0U);
    EXPECT_EQ(log().last_id.load(), 1U);
}

TEST_F(LogBatch, ASeqBelowTheHighestIsADuplicateEvenIfItWasNeverUsed) {
    ann_.append({{5, "five"}});
    ann_.append({{4, "four"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{duplicate});
}

TEST_F(LogBatch, SeqsMayLeaveGaps) {
    ann_.append({{5, "five"}, {100, "hundred"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{appended, appended}));
    EXPECT_EQ(last_seq(), 100U);
}

TEST_F(LogBatch, SeqZeroMeansTheNextSeq) {
    ann_.append({{7, "seven"}, {0, "eight"}, {0, "nine"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{appended, appended, appended}));
    EXPECT_EQ(last_seq(), 9U);
    EXPECT_EQ(segment().seq(2).load(), 8U);
}

TEST_F(LogBatch, EveryMessageOfABatchHasItsOwnOutcome) {
    ann_.append({{2, "two"}});
    const auto result = ann_.append({{3, "a"}, {0, "b"}, {4, "c"}, {1, "d"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{appended, appended, duplicate, duplicate}));
    EXPECT_EQ(result.last_id, 3U);
    EXPECT_EQ(read_records(segment(), 2, 3),
              (std::vector<KeptRecord>{{2, "ann", "a"}, {3, "ann", "b"}}));
}

TEST_F(LogBatch, EndsBeforeANewMessageThatFollowsADuplicate) {
    ann_.append({{2, "two"}});
    const std::vector<shm::NewMessage> messages{{1, "a"}, {3, "b"}, {3, "c"}, {0, "d"}};
    const auto first = ann_.append(messages);
    EXPECT_EQ(first.decided, 1U);
    EXPECT_EQ(first.last_id, 0U);
    EXPECT_FALSE(first.no_space);
    const auto second = ann_.append({messages.begin() + 1, messages.end()}, outcomes_);
    EXPECT_EQ(second.decided, 2U);
    EXPECT_EQ(second.last_id, 2U);
    EXPECT_EQ(outcomes_[1], duplicate);
}

TEST_F(LogBatch, NoSeqIsLeftAfterTheLargestOne) {
    ann_.session().client().last_seq.store(shm::max_seq - 1);
    ann_.append({{shm::max_seq, "last"}, {0, "one more"}, {shm::max_seq, "again"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{appended, bad_seq, duplicate}));
    EXPECT_EQ(log().last_id.load(), 1U);
}

TEST_F(LogBatch, EveryStepIsAcceptedUpToTheHighestFreeSeq) {
    constexpr std::uint64_t nanoseconds_since_1970 = 1'764'061'200'000'000'000;
    ann_.append({{1, "a"}, {nanoseconds_since_1970, "b"}, {shm::max_free_seq, "c"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{appended, appended, appended}));
}

TEST_F(LogBatch, ASingleMessageCannotUseUpTheSeqs) {
    const auto result = ann_.append({{shm::max_seq, "a"}, {shm::max_free_seq + 1, "b"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{bad_seq, bad_seq}));
    EXPECT_EQ(result.decided, 2U);
    EXPECT_EQ(log().last_id.load(), 0U);
    ann_.append({{1, "c"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{appended});
    EXPECT_EQ(last_seq(), 1U);
}

TEST_F(LogBatch, AboveTheFreeSeqsTheStepToTheNextSeqIsLimited) {
    constexpr std::uint64_t first = shm::max_free_seq;
    constexpr std::uint64_t step = shm::max_seq_step;
    ann_.append({{first, "a"}, {first + step, "b"}, {first + 2 * step, "c"}, {0, "d"}}, outcomes_);
    EXPECT_EQ(outcomes_, (Outcomes{appended, appended, appended, appended}));
    const std::uint64_t last = first + 2 * step + 1;
    EXPECT_EQ(last_seq(), last);
    ann_.append({{last + step + 1, "too far"}, {last, "again"}, {last + step, "e"}}, outcomes_);
    EXPECT_EQ(outcomes_[0], bad_seq);
    EXPECT_EQ(outcomes_[1], duplicate);
    ann_.append({{last + step, "e"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{appended});
}

TEST(FullLog, EndsAtTheLargestIdAndTheRestOfTheBatchIsRefused) {
    shm::SegmentPlan plan = small_plan();
    plan.last_id = shm::max_id - 2;
    ScratchSegment scratch{plan};
    Sender ann{scratch.segment(), 0, "ann"};
    Outcomes outcomes;
    auto result = ann.append({{1, "a"}, {2, "b"}, {3, "c"}, {0, "d"}, {2, "again"}}, outcomes);
    EXPECT_EQ(outcomes, (Outcomes{appended, appended, log_full, log_full, duplicate}));
    EXPECT_EQ(result.decided, 5U);
    EXPECT_EQ(result.last_id, shm::max_id);
    result = ann.append({{3, "c"}}, outcomes);
    EXPECT_EQ(outcomes, Outcomes{log_full});
    EXPECT_EQ(result.last_id, 0U);
    EXPECT_TRUE(ann.session().acknowledge(shm::max_id + 1));
    EXPECT_EQ(shm::cursor_of(scratch.segment(), 0), shm::max_id);
    EXPECT_EQ(read_ring(scratch.segment()).size(), 2U);
    EXPECT_EQ(scratch.broken(), std::vector<std::string>{});
}

TEST_F(LogBatch, TheSeqsOfOneClientDoNotAffectAnother) {
    Sender bob{segment(), 1, "bob"};
    ann_.append({{9, "nine"}});
    bob.append({{1, "one"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{appended});
}

TEST_F(LogBatch, SeqsContinueAfterALaterLogin) {
    ann_.append({{9, "nine"}});
    Sender again{segment(), 1, "ann"};
    again.append({{9, "nine"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{duplicate});
    again.append({{0, "ten"}}, outcomes_);
    EXPECT_EQ(outcomes_, Outcomes{appended});
    EXPECT_EQ(last_seq(), 10U);
}

TEST_F(LogBatch, IsSplitIfItsBytesExceedAQuarterOfTheRing) {
    const std::string body(4000, 'b');
    const auto result = ann_.append(std::vector<shm::NewMessage>(6, {0, body}));
    EXPECT_EQ(result.decided, 4U);
    EXPECT_EQ(log().last_id.load(), 4U);
    EXPECT_EQ(ann_.append(std::vector<shm::NewMessage>(2, {0, body})).decided, 2U);
    EXPECT_EQ(read_ring(segment()).size(), 6U);
}

TEST_F(LogBatch, IsSplitIfItsRecordsExceedAQuarterOfTheIndex) {
    const std::uint64_t most = segment().geometry().index_entries / 4;
    const auto result = ann_.append(std::vector<shm::NewMessage>(most + 10, {0, ""}));
    EXPECT_EQ(result.decided, most);
    EXPECT_EQ(result.last_id, most);
}

TEST_F(LogBatch, DuplicatesTakeNoSpaceInABatch) {
    ann_.append({{1, "one"}});
    const std::size_t many = 2 * segment().geometry().index_entries;
    EXPECT_EQ(ann_.append(std::vector<shm::NewMessage>(many, {1, "one"})).decided, many);
    EXPECT_EQ(log().last_id.load(), 1U);
}

}  // namespace
}  // namespace belfry::test

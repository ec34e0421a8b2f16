#include "shm/seq_reset.hpp"

#include "shm/seq_rules.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <signal.h>

#include <gtest/gtest.h>

/// Tests of shm::reset_seq(), which sets a client's seq back in the segment.
namespace belfry::test {
namespace {

constexpr std::uint64_t high = shm::max_seq;

class SeqReset : public SegmentTest {
  protected:
    /// Ann has sent two messages, and then one with a seq near the maximum. A server that does not
    /// limit the step between seqs has accepted it.
    void SetUp() override {
        ann_.append({{1, "one"}, {2, "two"}});
        client().last_seq.store(high - 1);
        ann_.append({{high, "high"}});
        client().stored_seq.store(high);
        bob_.append({{shm::max_free_seq, "bob's"}});
    }

    [[nodiscard]] shm::ClientRow& client() { return segment().client(0); }

    void expect_seqs(std::uint64_t seq) {
        EXPECT_EQ(client().last_seq.load(), seq);
        EXPECT_EQ(client().stored_seq.load(), seq);
    }

    Sender ann_{segment(), 0, "ann"};
    Sender bob_{segment(), 1, "bob"};
};

TEST_F(SeqReset, EndsEvenIfTheLogClaimsMoreRecordsThanTheIndexHolds) {
    ann_.session().leave();
    const std::uint64_t last = log().last_id.exchange(~0ULL);
    EXPECT_TRUE(shm::reset_seq(segment(), 0, high, 0));
    log().last_id.store(last);
    expect_seqs(2);
}

TEST_F(SeqReset, GoesToTheHighestFreeSeqInTheRingAndTheClientContinuesThere) {
    ann_.session().leave();
    EXPECT_TRUE(shm::reset_seq(segment(), 0, high, 0));
    expect_seqs(2);
    Sender again{segment(), 2, "ann"};
    std::vector<shm::Outcome> outcomes;
    again.append({{2, "two"}}, outcomes);
    EXPECT_EQ(outcomes, std::vector{shm::Outcome::duplicate});
    again.append({{3, "three"}, {0, "four"}}, outcomes);
    EXPECT_EQ(outcomes, (std::vector{shm::Outcome::appended, shm::Outcome::appended}));
    EXPECT_EQ(client().last_seq.load(), 4U);
}

TEST_F(SeqReset, NeverGoesBelowTheSeqInTheStore) {
    ann_.session().leave();
    EXPECT_TRUE(shm::reset_seq(segment(), 0, high, 7));
    expect_seqs(7);
}

TEST_F(SeqReset, ChangesNothingWhileTheClientIsOnline) {
    EXPECT_FALSE(shm::reset_seq(segment(), 0, high, 0));
    expect_seqs(high);
}

TEST_F(SeqReset, ChangesNothingIfTheClientHasAppendedMeanwhile) {
    ann_.session().leave();
    EXPECT_FALSE(shm::reset_seq(segment(), 0, high - 1, 0));
    expect_seqs(high);
}

TEST_F(SeqReset, DoesNotChangeALowSeq) {
    ann_.session().leave();
    client().last_seq.store(3);
    EXPECT_TRUE(shm::reset_seq(segment(), 0, 3, 0));
    expect_seqs(3);
}

TEST_F(SeqReset, ARepairDoesNotDeriveASeqThatWasReset) {
    ann_.session().leave();
    EXPECT_TRUE(shm::reset_seq(segment(), 0, high, 0));
    ForkedChild holder{[this] {
        shm::LogLock{segment()}.lock();
        return 0;
    }};
    EXPECT_EQ(holder.wait(), 0);
    shm::LogLock lock{segment()};
    lock.lock();
    lock.unlock();
    EXPECT_EQ(client().last_seq.load(), 2U);
}

}  // namespace
}  // namespace belfry::test

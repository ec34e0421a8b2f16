#include "shm/log_lock.hpp"
#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <cstring>

/// Each test writes the bytes that a killed writer leaves, and checks how the next writer repairs
/// them.
namespace belfry::test {
namespace {

class Repair : public SegmentTest {
  protected:
    /// Writes a record and its index entry after the end of the log, without a commit.
    void write_uncommitted(std::uint64_t id, std::uint64_t seq, std::uint32_t row,
                           const std::string& record) {
        const std::uint64_t start = segment().position(id).load();
        std::memcpy(segment().ring().data() + start % segment().ring().size(), record.data(),
                    record.size());
        segment().sender(id).store(row);
        segment().seq(id).store(seq);
        segment().position(id + 1).store(start + record.size());
    }

    [[nodiscard]] std::uint64_t last_seq(Sender& sender) {
        return sender.session().client().last_seq.load();
    }

    Sender ann_{segment(), 0, "ann"};
    Sender bob_{segment(), 1, "bob"};
};

TEST_F(Repair, DerivesLastSeqsFromTheRecords) {
    write_uncommitted(1, 5, ann_.session().row(), "1 ann 0:\n");
    write_uncommitted(2, 7, bob_.session().row(), "2 bob 1:x\n");
    write_uncommitted(3, 9, ann_.session().row(), "3 ann 0:\n");
    log().last_id.store(3);
    shm::repair(segment());
    EXPECT_EQ(last_seq(ann_), 9U);
    EXPECT_EQ(last_seq(bob_), 7U);
    EXPECT_EQ(log().derived_id.load(), 3U);
}

TEST_F(Repair, EndsEvenIfTheLogClaimsMoreRecordsThanTheIndexHolds) {
    ann_.append({{5, "five"}});
    log().last_id.store(~0ULL);
    shm::repair(segment());
    EXPECT_EQ(last_seq(ann_), 5U);
    log().last_id.store(1);
    log().derived_id.store(1);
}

TEST_F(Repair, NeverLowersALastSeq) {
    ann_.append({{5, "five"}, {6, "six"}});
    log().derived_id.store(0);
    shm::repair(segment());
    EXPECT_EQ(last_seq(ann_), 6U);
}

TEST_F(Repair, MayBeDoneTwice) {
    ann_.append({{5, "five"}});
    shm::repair(segment());
    log().derived_id.store(0);
    shm::repair(segment());
    EXPECT_EQ(last_seq(ann_), 5U);
    EXPECT_EQ(log().derived_id.load(), 1U);
}

TEST_F(Repair, IgnoresUncommittedRecords) {
    ann_.say("one");
    write_uncommitted(2, 100, ann_.session().row(), "2 ann 4:lost\n");
    shm::repair(segment());
    EXPECT_EQ(last_seq(ann_), 1U);
    EXPECT_EQ(ann_.say("two").last_id, 2U);
    EXPECT_EQ(read_ring(segment()),
              (std::vector<KeptRecord>{{1, "ann", "one"}, {2, "ann", "two"}}));
}

}  // namespace
}  // namespace belfry::test

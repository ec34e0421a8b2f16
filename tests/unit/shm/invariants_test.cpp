#include "shm/invariants.hpp"

#include "shm/client_table.hpp"
#include "shm/outbox.hpp"
#include "shm/seq_rules.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

/// Each test damages a segment and expects that the check reports the number of the broken
/// invariant.
namespace belfry::test {
namespace {

class Invariants : public ::testing::Test {
  protected:
    void SetUp() override {
        ann_.append({{1, "one"}, {2, "two"}, {3, "three"}});
        bob_.append({{1, "four"}, {2, "five"}});
        ASSERT_EQ(scratch_.broken(), std::vector<std::string>{});
    }

    /// True if the check reports the invariant of this number.
    [[nodiscard]] bool reports(int number) {
        const std::string mark = "(" + std::to_string(number) + ")";
        for (const std::string& sentence : scratch_.broken()) {
            if (sentence.starts_with(mark)) return true;
        }
        return false;
    }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }
    [[nodiscard]] shm::Geometry& geometry() { return shared_geometry(segment()); }

    ScratchSegment scratch_;
    Sender ann_{scratch_.segment(), 0, "ann"};
    Sender bob_{scratch_.segment(), 1, "bob"};
};

TEST_F(Invariants, HoldInAnEmptyLog) {
    ScratchSegment empty;
    EXPECT_EQ(empty.broken(), std::vector<std::string>{});
}

TEST_F(Invariants, ATornRecordIsReported) {
    segment().ring()[segment().position(2).load() % segment().ring().size()] = '?';
    EXPECT_TRUE(reports(1));
}

TEST_F(Invariants, ARecordThatWasCommittedBeforeItWasWrittenIsReported) {
    log().last_id.store(6);
    EXPECT_FALSE(scratch_.broken().empty());
}

TEST_F(Invariants, FirstIdAboveLastIdIsReported) {
    log().first_id.store(7);
    EXPECT_TRUE(reports(2));
}

TEST_F(Invariants, APositionThatDoesNotGrowIsReported) {
    segment().position(3).store(segment().position(4).load());
    EXPECT_TRUE(reports(2));
}

TEST_F(Invariants, APositionFarAwayIsReported) {
    segment().position(3).store(1ULL << 60);
    EXPECT_TRUE(reports(2));
}

TEST_F(Invariants, ALastPositionThatIsTooLowIsReported) {
    segment().position(6).store(0);
    EXPECT_TRUE(reports(2));
}

TEST_F(Invariants, MoreRecordsThanTheIndexHoldsAreReported) {
    log().last_id.store(5000);
    log().derived_id.store(5000);
    EXPECT_TRUE(reports(2));
}

TEST_F(Invariants, ASenderThatDoesNotExistIsReported) {
    segment().sender(2).store(4711);
    EXPECT_TRUE(reports(2));
}

TEST_F(Invariants, AWrongSenderIsReported) {
    segment().sender(2).store(bob_.session().row());
    EXPECT_TRUE(reports(1));
}

TEST_F(Invariants, StoredIdAboveLastIdIsReported) {
    log().stored_id.store(6);
    EXPECT_TRUE(reports(4));
}

TEST_F(Invariants, DerivedIdAboveLastIdIsReported) {
    log().derived_id.store(6);
    EXPECT_TRUE(reports(6));
}

TEST_F(Invariants, ALastSeqBelowItsRecordsIsReported) {
    ann_.session().client().last_seq.store(2);
    EXPECT_TRUE(reports(6));
}

TEST_F(Invariants, DerivedIdMoreThanABatchBehindIsReported) {
    for (int batch = 0; batch < 3; ++batch) {
        ann_.append(std::vector<shm::NewMessage>(200, {0, ""}));
    }
    log().derived_id.store(100);
    EXPECT_TRUE(reports(6));
}

TEST_F(Invariants, DerivedIdOneBatchBehindIsAllowed) {
    log().derived_id.store(3);
    bob_.session().client().last_seq.store(0);
    EXPECT_EQ(scratch_.broken(), std::vector<std::string>{});
}

TEST_F(Invariants, ACursorAboveTheVisibleMessagesIsReported) {
    ann_.session().client().cursor.store(6);
    EXPECT_TRUE(reports(7));
}

TEST_F(Invariants, ASeqThatDoesNotGrowIsReported) {
    segment().seq(2).store(1);
    EXPECT_TRUE(reports(9));
}

TEST_F(Invariants, ALowerSeqAfterAResetIsAllowedUnlessItRepeatsAnEarlierOne) {
    segment().seq(2).store(shm::max_seq);
    EXPECT_EQ(scratch_.broken(), std::vector<std::string>{});
    segment().seq(3).store(1);
    EXPECT_TRUE(reports(9));
}

TEST_F(Invariants, ALastSeqBelowASeqThatWasResetIsAllowed) {
    segment().seq(3).store(shm::max_seq);
    ann_.session().client().last_seq.store(2);
    EXPECT_EQ(scratch_.broken(), std::vector<std::string>{});
    ann_.session().client().last_seq.store(1);
    EXPECT_TRUE(reports(6));
}

TEST_F(Invariants, ASessionWithoutASlotIsReported) {
    ann_.session().client().session.store(pack(shm::Halves{1, geometry().session_slots}));
    EXPECT_TRUE(reports(12));
}

TEST_F(Invariants, AnIndexSizeThatIsNoPowerOfTwoIsReported) {
    geometry().index_entries = 1000;
    EXPECT_FALSE(scratch_.broken().empty());
}

TEST_F(Invariants, AByteRingBeyondTheSegmentIsReported) {
    geometry().ring_bytes += 4096;
    EXPECT_FALSE(scratch_.broken().empty());
}

TEST_F(Invariants, AnIndexThatReachesIntoTheByteRingIsReported) {
    geometry().index_entries *= 2;
    EXPECT_FALSE(scratch_.broken().empty());
}

TEST_F(Invariants, AnEmptyEpochIsReported) {
    segment().prefix().epoch[0] = '\0';
    EXPECT_FALSE(scratch_.broken().empty());
}

TEST_F(Invariants, HoldWhileOthersAppend) {
    std::atomic<bool> done{false};
    std::thread writer{[&] {
        for (std::size_t i = 0; i < 20'000; ++i)
            ann_.append(std::vector<shm::NewMessage>(1 + i % 9));
        done = true;
    }};
    std::vector<std::string> broken;
    while (!done && broken.empty()) broken = scratch_.broken();
    writer.join();
    EXPECT_EQ(broken, std::vector<std::string>{});
}

/// An entry of these tests begins with its length.
std::optional<std::size_t> short_entry(std::string_view bytes) {
    const auto length = static_cast<std::size_t>(bytes.front());
    if (length == 0 || length > bytes.size()) return {};
    return length;
}

class OutboxInvariants : public ::testing::Test {
  protected:
    static shm::SegmentPlan cluster_plan() {
        shm::SegmentPlan plan = small_plan();
        plan.durability = shm::Durability::commit;
        plan.cluster = {.name = "c", .node = "n", .incarnation = 1, .outbox_bytes = 0};
        return plan;
    }

    void SetUp() override {
        append("\5four");
        append("\3to");
        ASSERT_EQ(broken(), std::vector<std::string>{});
    }

    void append(std::string_view entry) {
        ASSERT_NE(shm::append_entry(scratch_.segment(), entry), 0U);
    }

    [[nodiscard]] std::vector<std::string> broken() {
        return shm::broken_invariants(scratch_.segment(), &is_plain_record, &short_entry);
    }

    [[nodiscard]] bool is_reported() {
        const auto sentences = broken();
        return !sentences.empty() && sentences[0].starts_with("(14)");
    }

    [[nodiscard]] shm::OutboxHeader& outbox() { return scratch_.segment().outbox(); }

    ScratchSegment scratch_{cluster_plan()};
};

TEST_F(OutboxInvariants, ATornEntryIsReported) {
    scratch_.segment().outbox_ring()[5] = 4;
    EXPECT_TRUE(is_reported());
}

TEST_F(OutboxInvariants, AHeadWithinAnEntryIsReported) {
    outbox().head = 1;
    EXPECT_TRUE(is_reported());
}

TEST_F(OutboxInvariants, AHeadAboveTheEndIsReported) {
    outbox().head = 9;
    EXPECT_TRUE(is_reported());
}

TEST_F(OutboxInvariants, MoreThanTheOutboxHoldsIsReported) {
    outbox().end = outbox().head + scratch_.segment().geometry().outbox_bytes + 1;
    EXPECT_TRUE(is_reported());
}

TEST_F(OutboxInvariants, HoldWhileSessionsAppendAndTheReplicaRemoves) {
    std::atomic<bool> done{false};
    std::thread session{[&] {
        std::string entry(120, 'x');
        for (int count = 0; count < 100'000; ++count) {
            entry.resize(static_cast<std::size_t>(1 + count % 120));
            entry[0] = static_cast<char>(entry.size());
            if (shm::append_entry(scratch_.segment(), entry) == 0) {
                outbox().head = outbox().end.load();
            }
        }
        done = true;
    }};
    std::vector<std::string> found;
    while (!done && found.empty()) found = broken();
    session.join();
    EXPECT_EQ(found, std::vector<std::string>{});
}

}  // namespace
}  // namespace belfry::test

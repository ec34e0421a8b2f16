#include "cluster/apply.hpp"

#include "shm/layout.hpp"
#include "shm/seq_rules.hpp"
#include "tests/unit/cluster/written_entries.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

using cluster::Batch;
using cluster::Verdict;

constexpr std::uint64_t max_payload = 1000;
constexpr std::uint64_t big = shm::max_free_seq;

/// A node that applies the log, and the outboxes of two nodes of its cluster.
class Apply : public ::testing::Test {
  protected:
    Verdict apply(Batch batch) {
        batches_.push_back(std::move(batch));
        return cluster::apply(state_, batches_.back(), max_payload, changes_);
    }
    /// Applies what was appended to an outbox since the last call.
    Verdict apply_new(WrittenOutbox& outbox) { return apply(outbox.next_batch(++revision_)); }
    void expect_applied(WrittenOutbox& outbox) { EXPECT_EQ(apply_new(outbox), Verdict::applied); }

    /// Returns the messages as `ID SENDER SEQ BODY`.
    [[nodiscard]] std::vector<std::string> log() const {
        std::vector<std::string> lines;
        for (const store::Message& message : changes_.messages) {
            lines.push_back(std::to_string(message.id) + ' ' + std::string{message.sender} + ' ' +
                            std::to_string(message.seq) + ' ' + std::string{message.body});
        }
        return lines;
    }
    [[nodiscard]] const cluster::ClientState& client(const std::string& id) {
        return state_.clients.at(id);
    }

    WrittenOutbox a_{"a", 0xa1};
    WrittenOutbox b_{"b", 0xb1};
    cluster::State state_;
    cluster::Changes changes_;
    std::deque<Batch> batches_;  ///< the messages in changes_ refer to them
    std::int64_t revision_ = 0;
};

using Lines = std::vector<std::string>;

TEST_F(Apply, GivesDenseIdsInTheOrderOfTheLogWhateverItsRevisions) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    b_.login("bob", 2);
    b_.message("bob", 2, 7, "two");
    expect_applied(a_);
    revision_ += 1000;
    expect_applied(b_);
    a_.message("ann", 1, 2, "three");
    expect_applied(a_);
    EXPECT_EQ(log(), (Lines{"1 ann 1 one", "2 bob 7 two", "3 ann 2 three"}));
    EXPECT_EQ(state_.position.last_id, 3U);
    EXPECT_EQ(state_.position.revision, 1003);
    EXPECT_EQ(changes_.clients, (std::set<std::string_view>{"ann", "bob"}));
}

TEST_F(Apply, AMessageGetsAtLeastTheTimeOfItsPredecessor) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "", 500);
    a_.message("ann", 1, 2, "", 400);
    a_.message("ann", 1, 3, "", 600);
    expect_applied(a_);
    ASSERT_EQ(changes_.messages.size(), 3U);
    EXPECT_EQ(changes_.messages[0].time_ms, 500U);
    EXPECT_EQ(changes_.messages[1].time_ms, 500U);
    EXPECT_EQ(changes_.messages[2].time_ms, 600U);
    EXPECT_EQ(state_.position.last_time_ms, 600U);
}

TEST_F(Apply, ASeqThatAnotherNodeHasAcceptedIsADuplicate) {
    a_.login("ann", 1);
    a_.message("ann", 1, 5, "five");
    expect_applied(a_);
    b_.login("ann", 2, 1);
    b_.message("ann", 2, 5, "five again");
    b_.message("ann", 2, 6, "six");
    expect_applied(b_);
    EXPECT_EQ(log(), (Lines{"1 ann 5 five", "2 ann 6 six"}));
}

TEST_F(Apply, ASeqThatASessionWouldRefuseIsDropped) {
    a_.login("ann", 1);
    a_.message("ann", 1, 0, "zero");
    a_.message("ann", 1, big + 1 + shm::max_seq_step, "too far");
    a_.message("ann", 1, 3, "three");
    a_.message("ann", 1, 2, "two");
    a_.message("ann", 1, big, "as far as it may");
    a_.message("ann", 1, shm::max_seq, "too far");
    a_.message("ann", 1, big + shm::max_seq_step, "one step");
    a_.message("ann", 1, shm::max_seq + 1, "above all");
    expect_applied(a_);
    EXPECT_EQ(log(), (Lines{"1 ann 3 three", "2 ann " + std::to_string(big) + " as far as it may",
                            "3 ann " + std::to_string(big + shm::max_seq_step) + " one step"}));
}

TEST_F(Apply, AFullLogTakesNoMessage) {
    state_.position.last_id = shm::max_id - 1;
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "last");
    a_.message("ann", 1, 2, "none");
    expect_applied(a_);
    EXPECT_EQ(changes_.messages.size(), 1U);
    EXPECT_EQ(state_.position.last_id, shm::max_id);
    EXPECT_EQ(client("ann").seq, 1U);
}

// --- Logins -----------------------------------------------------------------------------------

TEST_F(Apply, AMessageCountsOnlyFromTheCurrentLogin) {
    a_.message("ann", 1, 1, "before");
    a_.login("ann", 1);
    a_.message("ann", 2, 1, "of another one");
    a_.message("ann", 1, 1, "now");
    a_.logout("ann", 1);
    a_.message("ann", 1, 2, "after");
    expect_applied(a_);
    EXPECT_EQ(log(), (Lines{"1 ann 1 now"}));
    EXPECT_EQ(client("ann").login, 0U);
    EXPECT_EQ(client("ann").node, "");
}

TEST_F(Apply, ALoginIsVoidUnlessItReplacesTheCurrentOne) {
    a_.login("ann", 1, 9);
    expect_applied(a_);
    EXPECT_FALSE(state_.clients.contains("ann"));
    a_.login("ann", 1);
    a_.login("ann", 2);
    expect_applied(a_);
    EXPECT_EQ(client("ann").login, 1U);
    b_.login("ann", 3, 1);
    expect_applied(b_);
    EXPECT_EQ(client("ann").login, 3U);
    EXPECT_EQ(client("ann").node, "b");
}

TEST_F(Apply, ADelayedLoginDoesNotThrowOutALaterOne) {
    a_.login("ann", 1);
    expect_applied(a_);
    a_.login("ann", 2, 1);  // it is held up, while the client logs in at another node
    b_.login("ann", 3, 1);
    expect_applied(b_);
    expect_applied(a_);
    EXPECT_EQ(client("ann").login, 3U);
    EXPECT_EQ(client("ann").node, "b");
}

TEST_F(Apply, LogoutAndCursorOfAnEarlierLoginHaveNoEffect) {
    a_.login("ann", 1);
    for (std::uint64_t seq = 1; seq <= 5; ++seq) a_.message("ann", 1, seq, "");
    expect_applied(a_);
    b_.login("ann", 2, 1);
    expect_applied(b_);
    a_.cursor("ann", 1, 4);
    a_.logout("ann", 1, 5);
    expect_applied(a_);
    EXPECT_EQ(client("ann").login, 2U);
    EXPECT_EQ(client("ann").cursor, 0U);
}

TEST_F(Apply, AClientThatComesBackIsNotReachedByItsOldMessages) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    a_.message("ann", 1, 2, "two, which stays in the outbox for a while");
    b_.login("ann", 2, 1);
    b_.message("ann", 2, 2, "two");
    expect_applied(b_);
    a_.login("ann", 3, 2);
    a_.message("ann", 3, 3, "three");
    expect_applied(a_);
    EXPECT_EQ(log(), (Lines{"1 ann 1 one", "2 ann 2 two", "3 ann 3 three"}));
}

TEST_F(Apply, ACursorOnlyRisesAndNeverAboveTheLog) {
    a_.login("ann", 1);
    for (std::uint64_t seq = 1; seq <= 5; ++seq) a_.message("ann", 1, seq, "");
    a_.cursor("ann", 1, 3);
    a_.cursor("ann", 1, 2);
    expect_applied(a_);
    EXPECT_EQ(client("ann").cursor, 3U);
    a_.cursor("ann", 1, 100);
    expect_applied(a_);
    EXPECT_EQ(client("ann").cursor, 5U);
    a_.message("ann", 1, 6, "");
    a_.logout("ann", 1, 6);
    expect_applied(a_);
    EXPECT_EQ(client("ann").cursor, 6U);
}

// --- Batches ----------------------------------------------------------------------------------

TEST_F(Apply, ARepeatedBatchChangesNothing) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    const std::size_t end = a_.entries();
    EXPECT_EQ(apply(a_.batch(0, end, 1)), Verdict::applied);
    const cluster::State before = state_;
    EXPECT_EQ(apply(a_.batch(0, end, 1)), Verdict::applied);
    EXPECT_EQ(state_, before);
    EXPECT_EQ(apply(a_.batch(0, end, 2)), Verdict::applied);
    EXPECT_EQ(apply(a_.batch(1, end, 3)), Verdict::applied);
    EXPECT_EQ(log(), (Lines{"1 ann 1 one"}));
    EXPECT_EQ(state_.position.revision, 3);
}

TEST_F(Apply, ABatchThatWasCutAgainWithMoreEntriesGivesItsNewOnes) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    a_.message("ann", 1, 2, "two");
    a_.message("ann", 1, 3, "three");
    EXPECT_EQ(apply(a_.batch(0, 3, 1)), Verdict::applied);
    EXPECT_EQ(apply(a_.batch(1, 5, 2)), Verdict::applied);
    EXPECT_EQ(apply(a_.batch(3, 4, 3)), Verdict::applied);
    EXPECT_EQ(log(), (Lines{"1 ann 1 one", "2 ann 2 two", "3 ann 3 three"}));
}

TEST_F(Apply, NothingIsTakenBehindAHole) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    a_.message("ann", 1, 2, "two");
    EXPECT_EQ(apply(a_.batch(0, 2, 1)), Verdict::applied);
    EXPECT_EQ(apply(a_.batch(3, 4, 2)), Verdict::hole);
    EXPECT_TRUE(cluster::must_stop(Verdict::hole));
    EXPECT_EQ(state_.position.revision, 1);
    EXPECT_EQ(log(), Lines{});
    EXPECT_EQ(apply(a_.batch(2, 4, 3)), Verdict::applied);
    EXPECT_EQ(log(), (Lines{"1 ann 1 one", "2 ann 2 two"}));
}

TEST_F(Apply, BatchesOfAnIncarnationThatIsNobodysAreDropped) {
    a_.login("ann", 1);
    EXPECT_EQ(apply(a_.batch(1, 2, 1)), Verdict::foreign);
    Batch headless = a_.batch(1, 2, 2);
    headless.key.position = 0;
    EXPECT_EQ(apply(headless), Verdict::foreign);
    EXPECT_TRUE(state_.nodes.empty());
    EXPECT_TRUE(state_.clients.empty());
    EXPECT_EQ(state_.position.revision, 2);
}

TEST_F(Apply, ANewIncarnationEndsTheLoginsOfTheEarlierOneAndDropsItsLateBatches) {
    a_.login("ann", 1);
    b_.login("bob", 2);
    expect_applied(a_);
    expect_applied(b_);
    WrittenOutbox again{"a", 0xa2};
    expect_applied(again);
    EXPECT_EQ(client("ann").login, 0U);
    EXPECT_EQ(client("bob").login, 2U);
    EXPECT_EQ(state_.nodes.at("a").incarnation, 0xa2U);
    EXPECT_EQ(state_.nodes.at("a").next, again.bytes().size());
    EXPECT_EQ(state_.nodes.at("a").address, "a:5000");

    a_.message("ann", 1, 1, "late");
    EXPECT_EQ(apply_new(a_), Verdict::foreign);
    EXPECT_EQ(log(), Lines{});
}

TEST_F(Apply, ANodeMayChangeItsAddress) {
    expect_applied(a_);
    a_.login("ann", 1);
    a_.put(written_entry(5, "a", 0xa1, 0, 0, "elsewhere:1"));
    expect_applied(a_);
    EXPECT_EQ(state_.nodes.at("a").address, "elsewhere:1");
    EXPECT_EQ(client("ann").login, 1U);
}

// --- Trims and resets -------------------------------------------------------------------------

TEST_F(Apply, ATrimRaisesTheFirstIdByAtMostAThousandAndNotAboveTheLog) {
    a_.login("ann", 1);
    for (std::uint64_t seq = 1; seq <= 1500; ++seq) a_.message("ann", 1, seq, "");
    a_.trim(400);
    a_.trim(300);
    expect_applied(a_);
    EXPECT_EQ(state_.position.first_id, 400U);
    a_.trim(1'000'000);
    expect_applied(a_);
    EXPECT_EQ(state_.position.first_id, 1400U);
    a_.trim(1'000'000);
    expect_applied(a_);
    EXPECT_EQ(state_.position.first_id, 1501U);
}

TEST_F(Apply, AResetSetsTheSeqBackAndEndsTheLogin) {
    a_.login("ann", 1);
    a_.message("ann", 1, big, "free");
    a_.message("ann", 1, big + 5, "far");
    a_.reset_seq("ann");
    a_.reset_seq("nobody");
    a_.message("ann", 1, big + 1, "of the old login");
    expect_applied(a_);
    EXPECT_EQ(client("ann").login, 0U);
    EXPECT_EQ(client("ann").seq, big);
    b_.login("ann", 2);
    b_.message("ann", 2, big, "again");
    b_.message("ann", 2, big + 1, "next");
    expect_applied(b_);
    EXPECT_EQ(log(), (Lines{"1 ann " + std::to_string(big) + " free",
                            "2 ann " + std::to_string(big + 5) + " far",
                            "3 ann " + std::to_string(big + 1) + " next"}));
}

// --- What stops a node ------------------------------------------------------------------------

TEST_F(Apply, AnUnknownKindStopsAndNothingOfItsBatchIsApplied) {
    expect_applied(a_);
    const cluster::State before = state_;
    for (const int kind : {0, 8, 9, 255}) {
        WrittenOutbox a = a_;
        a.login("ann", 1);
        a.put(written_entry(kind, "ann", 1, 1));
        EXPECT_EQ(apply_new(a), Verdict::unknown_kind) << kind;
        EXPECT_TRUE(cluster::must_stop(Verdict::unknown_kind));
        EXPECT_EQ(state_, before);
    }
}

TEST_F(Apply, AMalformedBatchEndsItsIncarnationAndNothingOfItIsApplied) {
    a_.login("ann", 1);
    b_.login("bob", 2);
    expect_applied(a_);
    expect_applied(b_);
    cluster::State ended = state_;
    ended.nodes.at("a").incarnation = 0;
    ended.clients.at("ann").login = 0;
    ended.clients.at("ann").node.clear();
    ended.position.revision = ++revision_;
    const std::string long_id(33, 'x');
    std::string torn = written_entry(1, "ann", 1, 1, 0, "body");
    torn.pop_back();
    std::string nonzero = written_entry(2, "ann", 1, 0);
    nonzero[6] = 1;
    std::string too_small = written_entry(2, "ann", 1, 0);
    too_small[0] = 31;
    const std::vector<std::string> malformed{
        "x",
        torn,
        nonzero,
        too_small,
        written_entry(1, "", 1, 1),
        written_entry(1, "not an id", 1, 1),
        written_entry(2, long_id, 1, 0),
        written_entry(1, "ann", 0, 1),
        written_entry(2, "ann", 0, 0),
        written_entry(3, "ann", 0, 0),
        written_entry(4, "ann", 0, 0),
        written_entry(1, "ann", 1, 1, 0, std::string(max_payload + 1, 'x')),
        written_entry(1, "ann", 1, 1, 1ULL << 63),
        written_entry(5, "a", 0xa9, 0),
        written_entry(5, "", 0xa1, 0),
        written_entry(7, "", 0, 0),
    };
    for (const std::string& entry : malformed) {
        WrittenOutbox a = a_;
        a.message("ann", 1, 1, "text");
        a.put(entry);
        cluster::State state = state_;
        cluster::Changes changes;
        const Batch batch = a.next_batch(revision_);
        const Verdict verdict = cluster::apply(state, batch, max_payload, changes);
        EXPECT_EQ(verdict, Verdict::malformed) << entry;
        EXPECT_FALSE(cluster::must_stop(verdict));
        EXPECT_EQ(state, ended);
        EXPECT_TRUE(changes.messages.empty());
    }
}

TEST_F(Apply, AfterAMalformedBatchOthersGoOnAndItsNodeDoesWithANewIncarnation) {
    a_.login("ann", 1);
    b_.login("bob", 2);
    expect_applied(a_);
    expect_applied(b_);
    a_.put("x");
    EXPECT_EQ(apply_new(a_), Verdict::malformed);
    a_.message("ann", 1, 1, "late");
    EXPECT_EQ(apply_new(a_), Verdict::foreign);
    b_.message("bob", 2, 1, "one");
    expect_applied(b_);
    WrittenOutbox next{"a", 0xa2};
    next.login("ann", 3);
    next.message("ann", 3, 1, "two");
    expect_applied(next);
    EXPECT_EQ(log(), (Lines{"1 bob 1 one", "2 ann 1 two"}));
}

TEST_F(Apply, AMalformedBatchOfNoNodeChangesOnlyTheRevision) {
    expect_applied(a_);
    cluster::State before = state_;
    EXPECT_EQ(apply({{0xc1, 0, 7}, "x"}), Verdict::foreign);
    before.position.revision = 7;
    EXPECT_EQ(state_, before);
}

TEST_F(Apply, ABatchWhoseEntriesDoNotEndWhereEarlierOnesDidIsMalformed) {
    expect_applied(a_);
    EXPECT_EQ(apply({{0xa1, 1, 2}, written_entry(5, "a", 0xa1, 0, 0, "somewhere")}),
              Verdict::malformed);
    EXPECT_TRUE(state_.clients.empty());
}

TEST_F(Apply, AnEmptyBatchChangesOnlyTheRevision) {
    expect_applied(a_);
    cluster::State before = state_;
    EXPECT_EQ(apply({{0xa1, a_.bytes().size(), 7}, ""}), Verdict::applied);
    before.position.revision = 7;
    EXPECT_EQ(state_, before);
    EXPECT_EQ(apply({{0xc1, 0, 8}, ""}), Verdict::foreign);
}

TEST_F(Apply, AStepHasAllThatHasChanged) {
    a_.login("ann", 1);
    a_.message("ann", 1, 4, "x", 1234);
    a_.cursor("ann", 1, 1);
    expect_applied(a_);
    const store::ClusterStep step = cluster::step_of(state_, changes_);
    EXPECT_EQ(step.messages.size(), 1U);
    EXPECT_EQ(step.clients, (std::vector<store::ClusterClient>{{"ann", 1, 4, 4, 1, "a"}}));
    EXPECT_EQ(step.nodes,
              (std::vector<store::ClusterNode>{{"a", 0xa1, a_.bytes().size(), "a:5000"}}));
    EXPECT_EQ(step.position, (store::ClusterPosition{1, 1, 1234, 1}));
}

}  // namespace
}  // namespace belfry::test

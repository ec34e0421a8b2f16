#include "store/archiver.hpp"

#include "base/clock.hpp"
#include "shm/seq_reset.hpp"
#include "shm/seq_rules.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/unit/store/archiver_fixture.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>

namespace belfry::test {
namespace {

using Kind = store::StoreError::Kind;
using shm::Durability;

TEST_F(ArchiverTest, StoresNewMessages) {
    const auto archiver = both_.started_archiver();
    static_cast<void>(archiver->work());
    EXPECT_FALSE(archiver->has_new());
    EXPECT_FALSE(archiver->work());
    ann_.append({{7, "hello"}, {9, ""}});
    bob_.append({{3, std::string("a\0\xff", 3)}});
    EXPECT_TRUE(archiver->has_new());
    EXPECT_TRUE(archiver->work());
    EXPECT_FALSE(archiver->has_new());
    EXPECT_EQ(log().stored_id, 3U);
    const auto stored = both_.stored();
    ASSERT_EQ(stored.size(), 3U);
    EXPECT_EQ(stored[0], (KeptMessage{1, "ann", 7, stored[0].time_ms, "hello"}));
    EXPECT_EQ(stored[1], (KeptMessage{2, "ann", 9, stored[0].time_ms, ""}));
    EXPECT_EQ(stored[2], (KeptMessage{3, "bob", 3, stored[2].time_ms, std::string("a\0\xff", 3)}));
    EXPECT_NEAR(static_cast<double>(stored[0].time_ms), static_cast<double>(base::unix_ms()), 60e3);
    EXPECT_EQ(segment().client(0).stored_seq, 9U);
    EXPECT_EQ(segment().client(1).stored_seq, 3U);
    EXPECT_EQ(segment().client(2).stored_seq, 0U);
}

TEST_F(ArchiverTest, StoresAllNewMessagesInOneTransactionOrNone) {
    const auto archiver = both_.started_archiver();
    for (std::uint64_t seq = 1; seq <= 20; ++seq) ann_.append_numbered(seq, 1);
    both_.execute(
        "CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.id = 20 "
        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    expect_store_error(Kind::failing, "the disk is full",
                       [&] { static_cast<void>(archiver->work()); });
    EXPECT_TRUE(both_.stored().empty());
    EXPECT_EQ(log().stored_id, 0U);
    EXPECT_EQ(segment().client(0).stored_seq, 0U);
}

TEST_F(ArchiverTest, ANewArchiverContinuesWhereTheStoreFailed) {
    auto archiver = both_.started_archiver();
    ann_.append_numbered(1, 5);
    EXPECT_TRUE(archiver->work());
    both_.execute(
        "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END");
    ann_.append_numbered(6, 5);
    EXPECT_TRUE(store_error_of([&] { static_cast<void>(archiver->work()); }));
    archiver.reset();
    both_.execute("DROP TRIGGER full");
    archiver = both_.started_archiver();
    EXPECT_EQ(log().stored_id, 5U);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(log().stored_id, 10U);
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(1, 10));
}

TEST_F(ArchiverTest, WakesReadersSendersAndWritersThatWaitForSpace) {
    const auto archiver = both_.started_archiver();
    const auto waiter = [this](shm::Condition& condition) {
        return ForkedChild{[this, &condition] {
            const auto deadline = Clock::now() + 3 * scaled(default_wait);
            condition.wait_until(deadline, [this] { return log().stored_id.load() != 0; });
            return Clock::now() < deadline ? 0 : 1;
        }};
    };
    ForkedChild reader = waiter(log().new_messages);
    ForkedChild sender = waiter(log().news_of_senders);
    ForkedChild writer = waiter(log().space);
    ASSERT_TRUE(
        eventually([&] { return reader.is_asleep() && sender.is_asleep() && writer.is_asleep(); }));
    ann_.say("x");
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(reader.wait(), 0);
    EXPECT_EQ(sender.wait(), 0);
    EXPECT_EQ(writer.wait(), 0);
}

TEST_F(ArchiverTest, StoresRecordsThatWrapAroundTheRing) {
    const auto archiver = both_.started_archiver();
    std::vector<std::string> bodies;
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 3; ++i) {
            bodies.emplace_back(static_cast<std::size_t>(round * 53 % 8000), 'x');
            ASSERT_EQ(ann_.say(bodies.back()).decided, 1U);
        }
        ASSERT_TRUE(archiver->work());
    }
    EXPECT_EQ(both_.stored_bodies(), bodies);
}

TEST_F(ArchiverTest, WorksWithDurabilityAsyncToo) {
    LogAndStore both{Durability::async};
    Sender ann{both.segment(), 0, "ann", store::record_format};
    const auto archiver = both.started_archiver();
    ann.append_numbered(1, 5);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(both.log().stored_id, 5U);
    EXPECT_EQ(both.stored_bodies(), numbered_bodies(1, 5));
    EXPECT_EQ(both.saved().durability, Durability::async);
}

// --- Starting ---------------------------------------------------------------------------------

TEST_F(ArchiverTest, ContinuesAfterCommitsThatAKilledArchiverDidNotAnnounce) {
    ann_.append_numbered(1, 5);
    commit_without_a_word(1, 3);
    const auto archiver = both_.started_archiver();
    EXPECT_EQ(log().stored_id, 3U);
    EXPECT_EQ(segment().client(0).stored_seq, 3U);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(log().stored_id, 5U);
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(1, 5));
}

TEST_F(ArchiverTest, AnArchiverThatIsKilledAnywhereLosesNothingAndStoresNothingTwice) {
    both_.give_lock_up();
    constexpr std::uint64_t rounds = 30;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        ForkedChild child{[&] {
            const auto lock = store::StoreLock::try_take(both_.dir());
            store::Archiver archiver{segment(), both_.dir(), lock.value(), [](const auto&) {}};
            archiver.start();
            while (true) static_cast<void>(archiver.work());
            return 0;
        }};
        for (std::uint64_t seq = 20 * round + 1; seq <= 20 * round + 20; ++seq) {
            ASSERT_TRUE(eventually([&] { return !ann_.append_numbered(seq, 1).no_space; }));
        }
        ASSERT_TRUE(eventually([&] { return log().stored_id > 20 * round + round % 20; }));
        child.kill();
    }
    both_.take_lock();
    const auto archiver = both_.started_archiver();
    archiver->drain();
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(1, 20 * rounds));
}

TEST_F(ArchiverTest, TheStoreOfAnotherLogIsUnusable) {
    both_.execute("UPDATE log SET epoch = 'f'");
    expect_start_fails("the store has epoch f, the shared memory has epoch e");
}

TEST_F(ArchiverTest, AStoreAheadOfTheSegmentIsUnusable) {
    ann_.append_numbered(1, 3);
    commit_without_a_word(1, 4);
    expect_start_fails("the store ends at message 4, the shared memory at 3");
    EXPECT_EQ(log().stored_id, 0U);
}

TEST_F(ArchiverTest, AStoreThatEndsBeforeTheRingBeginsIsUnusable) {
    ann_.append_numbered(1, 5);
    log().stored_id = 5;
    log().first_id = 4;
    commit_without_a_word(1, 2);
    expect_start_fails("the store ends at message 2, the shared memory begins at 4");
    EXPECT_EQ(log().stored_id, 5U);
}

TEST_F(ArchiverTest, AStoreThatLostItsNewestMessagesGetsThemAgain) {
    {
        const auto archiver = both_.started_archiver();
        ann_.append_numbered(1, 5);
        EXPECT_TRUE(archiver->work());
    }
    both_.execute("DELETE FROM messages WHERE id > 3; UPDATE log SET last_id = 0");
    const auto archiver = both_.started_archiver();
    ASSERT_EQ(both_.said().size(), 1U);
    EXPECT_NE(both_.said()[0].find("the store ends at message 3 but once had 5"),
              std::string::npos);
    EXPECT_EQ(log().stored_id, 3U);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(1, 5));
}

TEST_F(ArchiverTest, AStartWaitsForAWriterThatOverwritesMessagesThatTheStoreLost) {
    ann_.append_numbered(1, 5);
    log().stored_id = 5;
    commit_without_a_word(1, 3);
    both_.give_lock_up();
    Shared<std::atomic<int>> stage;
    ForkedChild writer{[&] {
        shm::LogLock lock{segment()};
        const boost::interprocess::scoped_lock guard{lock};
        *stage = 1;  // the writer has seen that 5 is stored
        while (*stage != 2) ::usleep(100);
        log().first_id = 5;
        return 0;
    }};
    ASSERT_TRUE(eventually([&] { return *stage == 1; }));
    ForkedChild starter{[&] {
        both_.take_lock();
        const auto error = store_error_of([&] { both_.archiver()->start(); });
        return error && error->kind() == Kind::unusable ? 0 : 1;
    }};
    ASSERT_TRUE(eventually([&] { return starter.is_asleep() || !is_alive(starter.pid()); }));
    *stage = 2;
    EXPECT_EQ(writer.wait(), 0);
    EXPECT_EQ(starter.wait(), 0)
        << "the archiver would store from 4 on, but 4 has been overwritten";
    EXPECT_EQ(log().stored_id, 5U);
}

TEST_F(ArchiverTest, AFailedStartDoesNotMoveStoredId) {
    ann_.append_numbered(1, 5);
    commit_without_a_word(1, 3);
    both_.execute(
        "CREATE TRIGGER full BEFORE UPDATE OF epoch ON log BEGIN SELECT RAISE(ABORT, 'full'); END");
    EXPECT_TRUE(store_error_of([this] { both_.archiver()->start(); }));
    EXPECT_EQ(log().stored_id, 0U)
        << "a login would get a last id without the seqs that belong to it";
}

TEST_F(ArchiverTest, AnAsyncStoreStaysAsyncUntilItEndsCleanly) {
    LogAndStore both{Durability::async};
    static_cast<void>(both.started_archiver());
    // Another belfryd takes over with --durability commit.
    both.segment().prefix().durability = static_cast<std::uint32_t>(Durability::commit);
    both.started_archiver()->drain();
    EXPECT_EQ(both.saved().durability, Durability::async);
    static_cast<void>(both.started_archiver());
    EXPECT_EQ(both.saved().durability, Durability::commit);
}

// --- Cursors and the clean end -----------------------------------------------------------------

TEST_F(ArchiverTest, SavesCursorsAndSeqs) {
    const auto archiver = both_.started_archiver();
    ann_.append_numbered(1, 5);
    EXPECT_TRUE(archiver->work());
    EXPECT_TRUE(bob_.session().acknowledge(4));
    ASSERT_TRUE(eventually([&] { return archiver->work(); })) << "cursors are saved once a second";
    EXPECT_EQ(both_.saved_client("bob").cursor, 4U);
    EXPECT_EQ(both_.saved_client("ann").cursor, 0U);
    EXPECT_EQ(both_.saved_client("ann").seq, 5U);
    EXPECT_FALSE(archiver->work());
}

/// Ann has used a seq near the maximum, and it is stored and saved. A server that does not limit
/// the step between seqs has accepted it.
class ArchiverAndReset : public ArchiverTest {
  protected:
    static constexpr std::uint64_t high = shm::max_seq;

    void SetUp() override {
        const auto archiver = both_.started_archiver();
        ann_.append({{5, "five"}});
        segment().client(0).last_seq.store(high - 1);
        ann_.append({{high, "high"}});
        archiver->drain();
        ASSERT_EQ(both_.saved_client("ann").seq, high);
        ann_.session().leave();
    }

    void reset() { ASSERT_TRUE(shm::reset_seq(segment(), 0, high, 5)); }
};

TEST_F(ArchiverAndReset, ASeqThatWasResetIsSavedAndNotDerivedAgain) {
    const auto archiver = both_.started_archiver();
    reset();
    ASSERT_TRUE(eventually([&] { return archiver->work(); }));
    EXPECT_EQ(both_.saved_client("ann").seq, 5U);
    Sender again{segment(), 2, "ann", store::record_format};
    again.append({{6, "six"}});
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(segment().client(0).stored_seq, 6U);
    EXPECT_EQ(both_.saved_client("ann").seq, 6U) << "the seq is derived from newer messages";
}

TEST_F(ArchiverAndReset, AnArchiverThatStartsAfterAResetTakesTheSeqOfTheSegment) {
    reset();
    const auto archiver = both_.started_archiver();
    EXPECT_EQ(segment().client(0).stored_seq, 5U);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(both_.saved_client("ann").seq, 5U);
}

TEST_F(ArchiverAndReset, AnArchiverThatStartsAfterAResetAlsoSavesSeqZero) {
    {
        const auto archiver = both_.started_archiver();
        segment().client(1).last_seq.store(high - 1);
        bob_.append({{high, "bob's only one"}});
        archiver->drain();
        bob_.session().leave();
    }
    ASSERT_TRUE(shm::reset_seq(segment(), 1, high, 0));
    EXPECT_TRUE(both_.started_archiver()->work());
    EXPECT_EQ(segment().client(1).last_seq, 0U);
    EXPECT_EQ(both_.saved_client("bob").seq, 0U);
}

TEST_F(ArchiverAndReset, AStoreThatLostItsMessagesGetsThemAgainButNotTheOldSeq) {
    reset();
    both_.started_archiver()->drain();
    both_.execute("DELETE FROM messages; UPDATE log SET last_id = 0, seqs_up_to = 0");
    const auto archiver = both_.started_archiver();
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(both_.stored().back().seq, high);
    EXPECT_EQ(segment().client(0).stored_seq, 5U);
    EXPECT_EQ(both_.saved_client("ann").seq, 5U);
}

TEST_F(ArchiverTest, NeverSavesACursorAboveStoredId) {
    LogAndStore both{Durability::async};
    Sender ann{both.segment(), 0, "ann", store::record_format};
    ann.append_numbered(1, 5);
    EXPECT_TRUE(ann.session().acknowledge(5));
    // The test moves the cursor as if five messages that were appended during the transaction had
    // been delivered.
    both.segment().client(0).cursor += 5;
    EXPECT_TRUE(both.started_archiver()->work());
    EXPECT_EQ(both.saved_client("ann").cursor, 5U);
}

TEST_F(ArchiverTest, AWalThatOnlyCursorsHaveMadeLongIsCopiedIntoTheDatabase) {
    constexpr std::uintmax_t long_wal = 4 << 20;
    const auto archiver = both_.started_archiver();
    ann_.append_numbered(1, 1);
    ASSERT_TRUE(archiver->work());
    store::Database{store::open_to_write(both_.dir())}.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO clients SELECT printf('%01000d', i), 0, 0 FROM n");
    const auto file = store::store_file(both_.dir());
    ASSERT_GT(std::filesystem::file_size(file.string() + "-wal"), long_wal);
    ASSERT_LT(std::filesystem::file_size(file), long_wal);
    ASSERT_TRUE(bob_.session().acknowledge(1));
    ASSERT_TRUE(eventually([&] { return archiver->work(); }));
    EXPECT_GT(std::filesystem::file_size(file), long_wal);
}

TEST_F(ArchiverTest, DrainStoresAllAndMarksTheStoreAsClean) {
    const auto archiver = both_.started_archiver();
    ann_.append_numbered(1, 5);
    EXPECT_FALSE(both_.saved().clean);
    archiver->drain();
    EXPECT_TRUE(both_.saved().clean);
    EXPECT_EQ(log().stored_id, 5U);
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(1, 5));
    EXPECT_EQ(both_.saved_client("ann").seq, 5U);
    both_.archiver()->start();
    EXPECT_FALSE(both_.saved().clean) << "the store is not clean until the next clean end";
}

TEST_F(ArchiverTest, TheNextStartReadsWhatWasSaved) {
    {
        const auto archiver = both_.started_archiver();
        ann_.append_numbered(1, 5);
        EXPECT_TRUE(archiver->work());
        EXPECT_TRUE(bob_.session().acknowledge(3));
        archiver->drain();
    }
    const store::SavedLog saved = both_.saved();
    EXPECT_EQ(saved.epoch, "e");
    EXPECT_EQ(saved.last_id, 5U);
    EXPECT_TRUE(saved.clean);
    EXPECT_EQ(both_.saved_client("bob").cursor, 3U);
}

}  // namespace
}  // namespace belfry::test

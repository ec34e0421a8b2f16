#include "tests/support/forked_child.hpp"
#include "tests/unit/cluster/applying_node.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace belfry::test {
namespace {

using Messages = std::vector<KeptMessage>;

class AppliedLog : public ClusterTest {
  protected:
    /// Waits for SIGTERM as a session does that is logged in.
    static int wait_for_term(shm::Segment& segment, std::uint32_t slot, std::uint32_t generation,
                             const char* client, std::uint64_t login) {
        sigset_t term;
        ::sigemptyset(&term);
        ::sigaddset(&term, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &term, nullptr);
        if (!shm::claim(segment.session_process(slot), generation)) return 1;
        segment.session(slot).login.store(login);
        const auto row = shm::find_row(segment, client);
        segment.client(*row).session.store(shm::pack(shm::Halves{generation, slot}));
        int signal = 0;
        ::sigwait(&term, &signal);
        return 42;
    }

    /// Starts a child that holds a login.
    ForkedChild session(const char* client, std::uint64_t login) {
        const shm::GivenSlot slot = shm::give_slot(segment(), next_slot_++);
        ForkedChild child{[this, slot, client, login] {
            return wait_for_term(segment(), slot.slot, slot.generation, client, login);
        }};
        const bool is_there = eventually([&] {
            return row(client).session.load() == shm::pack(shm::Halves{slot.generation, slot.slot});
        });
        if (!is_there) throw Failure{"a session does not start"};
        return child;
    }

    std::uint32_t next_slot_ = 0;
};

TEST_F(AppliedLog, HasTheMessagesOfTheStoreAndShowsThem) {
    a_.login("ann", 1);
    a_.message("ann", 1, 3, "one", 1111);
    b_.login("bob", 2);
    b_.message("bob", 2, 9, "two", 2222);
    expect_applied(a_);
    expect_applied(b_);
    const Messages expected{{1, "ann", 3, 1111, "one"}, {2, "bob", 9, 2222, "two"}};
    EXPECT_EQ(stored(), expected);
    EXPECT_EQ(ring(), expected);
    EXPECT_EQ(log().stored_id, 2U);
    EXPECT_EQ(log().derived_id, 2U);
    EXPECT_EQ(log().last_time_ms, 2222U);
    EXPECT_EQ(segment().sender(2), row_of("bob"));
    EXPECT_EQ(row("ann").stored_seq, 3U);
    EXPECT_EQ(row("bob").last_seq, 9U);
    EXPECT_EQ(row("ann").login, 1U);
    EXPECT_EQ(row("bob").login, 2U);
    EXPECT_EQ(segment().cluster().nodes[row("ann").login_node - 1].incarnation, own_incarnation);
    EXPECT_EQ(shm::shared_text(segment().cluster().nodes[row("bob").login_node - 1].name), "b");
    EXPECT_EQ(segment().outbox().head, a_.bytes().size());
    EXPECT_EQ(segment().cluster().revision, 2U);
}

TEST_F(AppliedLog, RaisesACursorAndKeepsItsGeneration) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    a_.message("ann", 1, 2, "two");
    expect_applied(a_);
    row("ann").cursor = shm::pack(shm::Cursor{7, 1});
    a_.cursor("ann", 1, 2);
    expect_applied(a_);
    EXPECT_EQ(shm::unpack_cursor(row("ann").cursor).generation, 7);
    EXPECT_EQ(shm::cursor_of(segment(), row_of("ann")), 2U);
    row("bob").cursor = shm::pack(shm::Cursor{1, 2});
    b_.login("bob", 2);
    b_.cursor("bob", 2, 1);
    expect_applied(b_);
    EXPECT_EQ(shm::cursor_of(segment(), row_of("bob")), 2U);
}

TEST_F(AppliedLog, ASessionWhoseClientHasLoggedInElsewhereIsTold) {
    a_.login("ann", 1);
    a_.login("bob", 2);
    expect_applied(a_);
    ForkedChild ann = session("ann", 1);
    ForkedChild bob = session("bob", 2);
    b_.login("ann", 3, 1);
    expect_applied(b_);
    EXPECT_EQ(ann.wait(), 42);
    EXPECT_EQ(row("ann").login, 3U);
    EXPECT_FALSE(bob.has_ended());
}

TEST_F(AppliedLog, NoMessageOfALoginIsVisibleBeforeTheRowHasTheLogin) {
    // Otherwise an earlier session of the client would deliver it. Message n is one of login n.
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> too_early{0};
    std::thread earlier_session{[&] {
        while (!done) {
            const std::uint64_t visible = log().stored_id;
            if (row("ann").login < visible) too_early = visible;
        }
    }};
    for (std::uint64_t login = 1; login <= 300 && too_early == 0; ++login) {
        b_.login("ann", login, login - 1);
        b_.message("ann", login, login, "hi");
        expect_applied(b_);
    }
    done = true;
    earlier_session.join();
    EXPECT_EQ(too_early, 0U);
}

TEST_F(AppliedLog, ASessionThatAKilledReplicaHasNotToldIsToldByTheNextOne) {
    a_.login("ann", 1);
    expect_applied(a_);
    ForkedChild ann = session("ann", 1);
    b_.login("ann", 3, 1);
    static_cast<void>(replica_->apply(b_.next_batch(++revision_)));
    replica_->commit();
    row("ann").login = 3;  // it was killed after this store
    start();
    EXPECT_EQ(ann.wait(), 42);
}

TEST_F(AppliedLog, AResetSetsTheSeqsOfTheRowBack) {
    constexpr std::uint64_t far = std::uint64_t{1} << 62;
    a_.login("ann", 1);
    a_.message("ann", 1, far, "free");
    a_.message("ann", 1, far + 9, "far");
    expect_applied(a_);
    row("ann").last_seq = far + 12;  // the session has sent more, which is dropped
    a_.reset_seq("ann");
    expect_applied(a_);
    EXPECT_EQ(row("ann").stored_seq, far);
    EXPECT_EQ(row("ann").last_seq, far);
    EXPECT_EQ(row("ann").login, 0U);
    EXPECT_EQ(row("ann").login_node, 0U);
}

TEST_F(AppliedLog, TheLastSeqOfASessionThatIsAheadIsLeftAlone) {
    a_.login("ann", 1);
    expect_applied(a_);
    row("ann").last_seq = 5;
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    EXPECT_EQ(row("ann").last_seq, 5U);
    EXPECT_EQ(row("ann").stored_seq, 1U);
    start();
    EXPECT_EQ(row("ann").last_seq, 5U);
}

TEST_F(AppliedLog, AStepMayBeLargerThanTheRing) {
    a_.login("ann", 1);
    for (std::uint64_t seq = 1; seq <= 40; ++seq) a_.message("ann", 1, seq, std::string(8000, 'x'));
    expect_applied(a_);
    EXPECT_EQ(log().last_id, 40U);
    EXPECT_EQ(log().stored_id, 40U);
    EXPECT_GT(log().first_id, 30U);
    EXPECT_EQ(stored().size(), 40U);
    EXPECT_EQ(ring().back(), stored().back());
}

TEST_F(AppliedLog, ATrimDeletesInTheStoreAndInTheRing) {
    a_.login("ann", 1);
    for (std::uint64_t seq = 1; seq <= 5; ++seq) a_.message("ann", 1, seq, "x");
    a_.trim(4);
    expect_applied(a_);
    EXPECT_EQ(log().first_id, 4U);
    EXPECT_EQ(stored().size(), 5U);
    EXPECT_FALSE(replica_->writer().forget(replica_->state().position.first_id));
    EXPECT_EQ(stored().front().id, 4U);
    a_.trim(6);
    expect_applied(a_);
    EXPECT_FALSE(replica_->writer().forget(6));
    EXPECT_TRUE(stored().empty());
    a_.message("ann", 1, 6, "y");
    expect_applied(a_);
    EXPECT_EQ(stored(), (Messages{{6, "ann", 6, 1000, "y"}}));
    EXPECT_EQ(ring(), stored());
}

// --- Clients that this node does not know -----------------------------------------------------

TEST_F(AppliedLog, MessagesOfAClientThatIsNotKnownHereAreKeptAndItIsSaidOnce) {
    b_.login("zoe", 1);
    b_.message("zoe", 1, 1, "one");
    expect_applied(b_);
    b_.message("zoe", 1, 2, "two");
    expect_applied(b_);
    EXPECT_EQ(stored(), (Messages{{1, "zoe", 1, 1000, "one"}, {2, "zoe", 2, 1000, "two"}}));
    EXPECT_EQ(segment().sender(1), shm::LogReader::no_row);
    EXPECT_EQ(log().last_id, 2U);
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_NE(said_[0].find("client zoe"), std::string::npos);
}

TEST_F(AppliedLog, AClientThatAReloadAddsHasItsMessagesSeqCursorAndLogin) {
    b_.login("zoe", 1);
    b_.message("zoe", 1, 4, "one");
    b_.cursor("zoe", 1, 1);
    expect_applied(b_);
    const std::vector<std::string> ids{"ann", "bob", "zoe", "yan"};
    ASSERT_TRUE(shm::set_known_clients(segment(), known(ids)));
    replica_->log().add_new_rows(replica_->state());
    EXPECT_EQ(segment().sender(1), row_of("zoe"));
    EXPECT_EQ(row("zoe").stored_seq, 4U);
    EXPECT_EQ(row("zoe").login, 1U);
    EXPECT_EQ(shm::cursor_of(segment(), row_of("zoe")), 1U);
    EXPECT_EQ(row("yan").login, 0U);
    b_.message("zoe", 1, 5, "two");
    expect_applied(b_);
    EXPECT_EQ(segment().sender(2), row_of("zoe"));
}

TEST_F(AppliedLog, AClientThatWasAddedWhileNoReplicaRanIsTheSenderOfItsMessages) {
    b_.login("zoe", 1);
    b_.message("zoe", 1, 4, "one");
    b_.login("yan", 2);
    b_.message("yan", 2, 1, "two");
    expect_applied(b_);
    replica_.reset();
    const std::vector<std::string> ids{"ann", "bob", "zoe"};
    ASSERT_TRUE(shm::set_known_clients(segment(), known(ids)));
    start();
    EXPECT_EQ(segment().sender(1), row_of("zoe"));
    EXPECT_EQ(segment().sender(2), shm::LogReader::no_row);
    EXPECT_EQ(row("zoe").stored_seq, 4U);
    EXPECT_EQ(row("zoe").login, 1U);
}

// --- A replica that starts again --------------------------------------------------------------

TEST_F(AppliedLog, AStartAppendsWhatTheRingLacks) {
    a_.login("ann", 1);
    for (std::uint64_t seq = 1; seq <= 30; ++seq) a_.message("ann", 1, seq, std::string(5000, 'x'));
    b_.login("zoe", 2);
    b_.message("zoe", 2, 1, "unknown");
    fill_outbox();
    static_cast<void>(replica_->apply(a_.next_batch(++revision_)));
    static_cast<void>(replica_->apply(b_.next_batch(++revision_)));
    replica_->commit();
    EXPECT_EQ(log().last_id, 0U);
    start();
    EXPECT_EQ(log().last_id, 31U);
    EXPECT_EQ(log().stored_id, 31U);
    EXPECT_EQ(ring().back(), (KeptMessage{31, "zoe", 1, 1000, "unknown"}));
    EXPECT_EQ(row("ann").stored_seq, 30U);
    EXPECT_EQ(row("ann").login, 1U);
    EXPECT_EQ(segment().outbox().head, a_.bytes().size());
}

TEST_F(AppliedLog, AStartThatFindsNothingNewChangesNothing) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    const cluster::State before = replica_->state();
    start();
    EXPECT_EQ(replica_->state(), before);
    EXPECT_EQ(ring(), stored());
    a_.message("ann", 1, 2, "two");
    expect_applied(a_);
    EXPECT_EQ(ring(), stored());
    EXPECT_EQ(ring().back().id, 2U);
}

TEST_F(AppliedLog, AnOlderCopyOfTheDatabaseGetsTheSameMessagesAgain) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    replica_.reset();
    const auto file = store::store_file(dir());
    const auto wal = file.string() + "-wal";
    std::filesystem::copy_file(file, dir() / "old");
    std::filesystem::copy_file(wal, dir() / "old-wal");
    start();
    a_.message("ann", 1, 2, "two");
    fill_outbox();
    const cluster::Batch batch = a_.next_batch(++revision_);
    EXPECT_EQ(replica_->take(batch), cluster::Verdict::applied);
    const Messages before = ring();
    replica_.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
    std::filesystem::rename(dir() / "old", file);
    std::filesystem::rename(dir() / "old-wal", wal);
    start();
    EXPECT_EQ(log().stored_id, 1U);
    EXPECT_EQ(segment().outbox().head, a_.bytes().size());
    EXPECT_EQ(replica_->take(batch), cluster::Verdict::applied);
    EXPECT_EQ(ring(), before);
    EXPECT_EQ(stored(), before);
    EXPECT_EQ(log().stored_id, 2U);
}

}  // namespace
}  // namespace belfry::test

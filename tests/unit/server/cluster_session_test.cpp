#include "base/clock.hpp"
#include "shm/client_stats.hpp"
#include "tests/support/forked_session.hpp"
#include "tests/support/played_replica.hpp"
#include "wire/record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

/// Tests of the sessions of a node of a cluster. The test plays the replica of the node, and all
/// other nodes.
namespace belfry::test {
namespace {

using wire::EntryKind;

constexpr std::uint64_t another_login = 99;

class ClusterSession : public ::testing::Test {
  protected:
    void TearDown() override {
        const auto broken = shm::broken_invariants(segment(), &wire::is_record, &wire::entry_bytes);
        EXPECT_EQ(broken, std::vector<std::string>{});
    }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }

    /// Waits until so many entries have not been applied yet.
    [[nodiscard]] std::vector<KeptEntry> wait_for_entries(std::size_t count) {
        EXPECT_TRUE(eventually([&] { return replica_.waiting().size() >= count; }));
        return replica_.waiting();
    }

    /// Sends the line of a login, and applies its entry.
    [[nodiscard]] bool log_in(ForkedSession& session, std::string_view line) {
        const std::size_t before = replica_.waiting().size();
        session.send(line);
        if (wait_for_entries(before + 1).size() <= before) return false;
        replica_.apply_all();
        return session.read_to("LIVE " + std::to_string(log().last_id) + "\r\n");
    }

    /// Fills the outbox with messages of a login that nobody has.
    void fill_outbox() {
        std::string body(4000, 'x');
        while (true) {
            const wire::Entry entry{EntryKind::message, "bob", 5, 1, 0, body};
            if (shm::append_entry(segment(), wire::EntryHead{entry}.bytes(), body) != 0) continue;
            if (body.empty()) return;
            body.clear();
        }
    }

    /// Lets a session of ann send until the outbox has no room for another entry.
    /// @return how many messages it holds
    std::size_t fill_outbox(const ForkedSession& sender) {
        std::size_t seq = 0;
        const std::uint64_t room = segment().geometry().outbox_bytes;
        const auto left = [&] { return room - (segment().outbox().end - segment().outbox().head); };
        const auto send = [&](std::size_t bytes) {
            const std::uint64_t before = segment().outbox().end;
            sender.send("SEND " + std::to_string(++seq) + " " + std::to_string(bytes) + "\r\n" +
                        std::string(bytes, 'x') + "\r\n");
            return eventually([&] { return segment().outbox().end != before; });
        };
        constexpr std::size_t largest = 8000;
        const std::size_t head = wire::entry_head + 3;
        while (left() >= head) {
            const std::size_t bytes = std::min<std::size_t>(left() - head, largest);
            if (!send(bytes)) throw Failure{"a message is not appended"};
        }
        return seq;
    }

    [[nodiscard]] std::uint64_t login_of(std::string_view name) {
        return replica_.client(name).login;
    }

    ScratchSegment scratch_{cluster_plan()};
    PlayedReplica replica_{scratch_.segment()};
};

// --- Logging in -------------------------------------------------------------------------------

TEST_F(ClusterSession, ALoginIsAnsweredAfterTheClusterHasAppliedIt) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    const auto entries = wait_for_entries(1);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, EntryKind::login);
    EXPECT_EQ(entries[0].name, "ann");
    EXPECT_NE(entries[0].login, 0U);
    EXPECT_EQ(entries[0].number, 0U);
    EXPECT_EQ(segment().session(0).login, entries[0].login);
    ASSERT_TRUE(eventually([&] { return session.child().is_asleep(); }));
    EXPECT_EQ(session.unread_bytes(), 0);
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("LIVE 0\r\n"));
    EXPECT_TRUE(session.received().starts_with("WELCOME ann epoch=e cursor=0 last=0 seq=0 "));
    EXPECT_EQ(login_of("ann"), entries[0].login);
}

TEST_F(ClusterSession, WelcomeComesAfterEverythingBeforeTheLoginIsVisible) {
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login);
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    replica_.apply_elsewhere(EntryKind::message, "bob", 5, 1, "from elsewhere");
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).at(0).number, another_login);
    replica_.apply_elsewhere(EntryKind::message, "ann", another_login, 7, "her last one there");
    replica_.apply_elsewhere(EntryKind::cursor, "ann", another_login, 1);
    replica_.client("ann").last_seq = 3;  // as this node left it long ago
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("LIVE 2\r\n"));
    EXPECT_TRUE(session.received().starts_with("WELCOME ann epoch=e cursor=1 last=2 seq=7 "))
        << session.received();
    EXPECT_EQ(session.received().find("accepted="), std::string::npos);
    session.send("SEND 7 1\r\nx\r\nSEND 8 1\r\ny\r\n");
    EXPECT_TRUE(session.read_to("DUP 7\r\n"));
    EXPECT_EQ(wait_for_entries(1).at(0).number, 8U);
}

TEST_F(ClusterSession, AVoidLoginIsRepeatedWhileItsConnectionLives) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    const std::uint64_t first = wait_for_entries(1).at(0).login;
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login);
    replica_.apply_all();
    const auto entries = wait_for_entries(1);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_NE(entries[0].login, first);
    EXPECT_EQ(entries[0].number, another_login);
    EXPECT_EQ(session.unread_bytes(), 0);
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("LIVE 0\r\n"));
    EXPECT_EQ(login_of("ann"), entries[0].login);
}

TEST_F(ClusterSession,
       ALoginWhoseClientHasLoggedInElsewhereAndClosedThisConnectionThrowsNobodyOut) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    session.shutdown_sending();
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login);
    replica_.apply_all();
    EXPECT_EQ(session.read_all(), "BYE taken-over\r\n");
    EXPECT_EQ(session.child().wait(), 0);
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), another_login);
}

TEST_F(ClusterSession, ALoginThatFindsNoRoomThrowsNobodyOutIfItsClientHasGoneElsewhereMeanwhile) {
    fill_outbox();
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_TRUE(eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login);
    session.shutdown_sending();
    EXPECT_EQ(session.read_all(), "BYE taken-over\r\n");
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), another_login);
}

TEST_F(ClusterSession, AClientThatOnlyClosesItsSendingSideIsServedAfterAVoidLogin) {
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login);
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\nPING a\r\n");
    session.shutdown_sending();
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    replica_.apply_elsewhere(EntryKind::logout, "ann", another_login);
    const Applying applying{segment(), replica_};
    const std::string& all = session.read_all();
    EXPECT_TRUE(all.starts_with("WELCOME ann ")) << all;
    EXPECT_TRUE(all.ends_with("PONG a\r\nBYE quit\r\n")) << all;
}

TEST_F(ClusterSession, AConnectionThatIsGoneEndsItsLoginAndTheClusterHearsOfIt) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    const std::uint64_t login = wait_for_entries(1).at(0).login;
    session.close();
    EXPECT_EQ(session.child().wait(), 0);
    const auto entries = replica_.waiting();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].kind, EntryKind::logout);
    EXPECT_EQ(entries[1].login, login);
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), 0U);
}

TEST_F(ClusterSession, ASigtermEndsALoginThatWaits) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    segment().set_stop(shm::StopWord::sessions_end);
    session.child().signal(SIGTERM);
    EXPECT_EQ(session.read_all(), "BYE shutting-down\r\n");
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), 0U);
}

TEST_F(ClusterSession, ALoginThatWaitsForTheClusterOutlivesTheLoginTimeout) {
    const auto began = Clock::now();
    constexpr Milliseconds login_time{300};
    ForkedSession session{scratch_, 0, [] {}, login_time};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    ASSERT_TRUE(eventually([&] { return Clock::now() > began + 2 * login_time; }));
    EXPECT_EQ(session.unread_bytes(), 0);
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("LIVE 0\r\n"));
}

TEST_F(ClusterSession, ANodeThatCannotTakeALoginAnswersUnavailableAndWritesNothing) {
    for (const auto state :
         {shm::ClusterState::no_engine, shm::ClusterState::behind, shm::ClusterState::stopped}) {
        replica_.set_state(state);
        ForkedSession session{scratch_, 0};
        session.send("LOGIN ann\r\n");
        EXPECT_TRUE(session.read_all().starts_with("ERR unavailable - ")) << session.read_all();
        EXPECT_EQ(session.child().wait(), server::exit_unavailable);
        EXPECT_EQ(segment().outbox().end, 0U);
        EXPECT_EQ(segment().session(0).login, 0U);
    }
}

TEST_F(ClusterSession, ALoginWaitsWhileTheNodeIsStarting) {
    replica_.set_starting();
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_TRUE(eventually([&] { return session.child().is_asleep(); }));
    EXPECT_EQ(segment().outbox().end, 0U);
    replica_.set_state(shm::ClusterState::ok);
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("LIVE 0\r\n"));
}

TEST_F(ClusterSession, ALoginOutlivesAShortSilenceOfTheEngine) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    replica_.set_state(shm::ClusterState::no_engine);
    ASSERT_TRUE(eventually([&] { return session.child().is_asleep(); }));
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("LIVE 0\r\n"));
}

TEST_F(ClusterSession, ALoginThatTheEngineDoesNotAnswerForFiveSecondsIsUnavailableAndWithdrawn) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    replica_.set_state(shm::ClusterState::no_engine);
    EXPECT_TRUE(session.read_all().starts_with("ERR unavailable - ")) << session.read_all();
    EXPECT_EQ(session.child().wait(), server::exit_unavailable);
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), 0U);
}

TEST_F(ClusterSession, ALoginWaitsForRoomInTheOutbox) {
    ForkedSession sender{scratch_, 0};
    ASSERT_TRUE(log_in(sender, "LOGIN ann\r\n"));
    fill_outbox(sender);
    ForkedSession session{scratch_, 1};
    session.send("LOGIN bob\r\n");
    ASSERT_TRUE(eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
    EXPECT_EQ(replica_.waiting().back().kind, EntryKind::message);
    replica_.apply_all();
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    replica_.apply_all();
    EXPECT_TRUE(session.read_text("WELCOME bob "));
}

TEST_F(ClusterSession, ALoginThatWaitsFor15SecondsForRoomOrForItsEntryIsUnavailable) {
    ForkedSession sender{scratch_, 0};
    ASSERT_TRUE(log_in(sender, "LOGIN ann\r\n"));
    ForkedSession unapplied{scratch_, 1};
    unapplied.send("LOGIN bob\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    const std::size_t accepted = fill_outbox(sender);
    ForkedSession roomless{scratch_, 2};
    roomless.send("LOGIN cat\r\n");
    const auto began = Clock::now();
    for (ForkedSession* const session : {&unapplied, &roomless}) {
        ASSERT_TRUE(eventually([&] { return session->unread_bytes() > 0; }, 3 * default_wait));
        EXPECT_TRUE(session->read_all().starts_with("ERR unavailable - ")) << session->received();
        EXPECT_EQ(session->child().wait(), server::exit_unavailable);
    }
    std::cout << "answered after " << milliseconds_since(began) << " ms\n";
    // The outbox had no room for the end of the first login either. The replica ends it.
    shm::reap_slot(segment(), 1);
    replica_.apply_all();
    EXPECT_EQ(log().last_id, accepted);
    replica_.end_dead_logins();
    replica_.apply_all();
    EXPECT_EQ(login_of("bob"), 0U);
    EXPECT_EQ(login_of("cat"), 0U);
}

TEST_F(ClusterSession, AClientForWhomThereIsNoPlaceIsRefusedBeforeAnythingIsWritten) {
    segment().server().max_online = 0;
    ForkedSession full{scratch_, 0};
    full.send("LOGIN ann\r\n");
    EXPECT_TRUE(full.read_all().starts_with("ERR too-many-clients - "));
    ForkedSession unknown{scratch_, 1};
    unknown.send("LOGIN zoe\r\n");
    EXPECT_TRUE(unknown.read_all().starts_with("ERR unknown-client - "));
    EXPECT_EQ(segment().outbox().end, 0U);
}

// Otherwise anybody could have the tokens of his connections back.
TEST_F(ClusterSession, ANodeThatCannotTakeALoginSaysSoOnlyToKnownClients) {
    replica_.set_state(shm::ClusterState::no_engine);
    ForkedSession session{scratch_, 0};
    session.send("LOGIN zoe\r\n");
    EXPECT_TRUE(session.read_all().starts_with("ERR unknown-client - ")) << session.received();
    EXPECT_EQ(session.child().wait(), server::exit_failed_login);
}

TEST_F(ClusterSession, APlaceThatIsGoneWhenTheLoginIsAppliedEndsTheLogin) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    segment().server().max_online = 0;
    replica_.apply_all();
    EXPECT_TRUE(session.read_all().starts_with("ERR too-many-clients - "));
    EXPECT_EQ(session.child().wait(), 0);
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), 0U);
}

// --- Being taken over -------------------------------------------------------------------------

TEST_F(ClusterSession, ALoginAtAnotherNodeEndsTheSessionWithByeTakenOver) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login, login_of("ann"));
    EXPECT_TRUE(session.read_all().ends_with("LIVE 0\r\nBYE taken-over\r\n"));
    EXPECT_EQ(session.child().wait(), 0);
    EXPECT_EQ(shm::last_ends_of(replica_.client("ann"))[0], shm::EndReason::taken_over);
    EXPECT_EQ(replica_.waiting().size(), 0U);  // a logout would be void
}

TEST_F(ClusterSession, ASessionThatWasTakenOverElsewhereAppendsNothingMoreAndMovesNoCursor) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann ack=manual\r\n"));
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    replica_.apply_elsewhere(EntryKind::message, "bob", 5, 1, "hi");
    ASSERT_TRUE(session.read_to("hi\r\n"));
    replica_.client("ann").login_node = PlayedReplica::elsewhere;
    replica_.client("ann").login = another_login;  // its replica has not sent SIGTERM yet
    session.send("SEND 1 1\r\nx\r\nACK 1\r\n");
    EXPECT_TRUE(session.read_all().ends_with("BYE taken-over\r\n"));
    EXPECT_EQ(replica_.waiting().size(), 0U);
    EXPECT_EQ(shm::unpack_cursor(replica_.client("ann").cursor).id, 0U);
}

TEST_F(ClusterSession, AnAckAfterATakeOverElsewhereMovesNoCursor) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann ack=manual\r\n"));
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    replica_.apply_elsewhere(EntryKind::message, "bob", 5, 1, "hi");
    ASSERT_TRUE(session.read_to("hi\r\n"));
    replica_.client("ann").login = another_login;
    session.send("ACK 1\r\n");
    EXPECT_TRUE(session.read_all().ends_with("BYE taken-over\r\n"));
    EXPECT_EQ(shm::unpack_cursor(replica_.client("ann").cursor).id, 0U);
}

TEST_F(ClusterSession, ADupOfAMessageThatATakeOverElsewhereHasDroppedIsNotAnswered) {
    for (const bool is_told : {true, false}) {
        ForkedSession session{scratch_, 0};
        ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
        session.send("SEND 1 1\r\na\r\nSEND 1 1\r\na\r\n");
        ASSERT_EQ(wait_for_entries(1).size(), 1U);
        ASSERT_TRUE(
            eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
        if (is_told) {
            replica_.apply_elsewhere(EntryKind::login, "ann", another_login, login_of("ann"));
        } else {
            replica_.client("ann").login = another_login;  // and no SIGTERM
        }
        replica_.apply_all();
        EXPECT_TRUE(session.read_all().ends_with("BYE taken-over\r\n"));
        EXPECT_EQ(session.received().find("DUP"), std::string::npos) << session.received();
        EXPECT_EQ(log().last_id, 0U);
    }
}

TEST_F(ClusterSession, AQuitThatATakeOverElsewhereOvertakesEndsWithByeTakenOver) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    session.send("SEND 1 1\r\na\r\nQUIT\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    ASSERT_TRUE(eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
    replica_.client("ann").login = another_login;  // and no SIGTERM
    replica_.apply_all();
    EXPECT_TRUE(session.read_all().ends_with("BYE taken-over\r\n")) << session.received();
    EXPECT_EQ(log().last_id, 0U);
}

TEST_F(ClusterSession, ALoginAtTheSameNodeTakesOverWhenItIsApplied) {
    ForkedSession first{scratch_, 0};
    ASSERT_TRUE(log_in(first, "LOGIN ann ack=manual\r\n"));
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    replica_.apply_elsewhere(EntryKind::message, "bob", 5, 1, "hi");
    ASSERT_TRUE(first.read_to("hi\r\n"));
    first.send("ACK 1\r\nPING a\r\n");
    ASSERT_TRUE(first.read_to("PONG a\r\n"));
    ForkedSession second{scratch_, 1};
    second.send("LOGIN ann\r\n");
    const auto entries = wait_for_entries(2);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].kind, EntryKind::cursor);
    EXPECT_EQ(entries[0].login, login_of("ann"));
    EXPECT_EQ(entries[0].number, 1U);
    EXPECT_EQ(entries[1].kind, EntryKind::login);
    EXPECT_EQ(entries[1].number, login_of("ann"));
    first.send("PING b\r\n");
    EXPECT_TRUE(first.read_to("PONG b\r\n"));  // it goes on until then
    replica_.apply_all();
    EXPECT_TRUE(first.read_all().ends_with("BYE taken-over\r\n"));
    EXPECT_TRUE(second.read_to("LIVE 1\r\n"));
    EXPECT_TRUE(second.received().starts_with("WELCOME ann epoch=e cursor=1 "));
}

TEST_F(ClusterSession, ALoginThatTheClusterHasEndedEndsTheSessionWithByeShuttingDown) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    replica_.apply_elsewhere(EntryKind::reset_seq, "ann", 0);
    EXPECT_TRUE(session.read_all().ends_with("BYE shutting-down\r\n"));
}

// --- Sending ----------------------------------------------------------------------------------

TEST_F(ClusterSession, AMessageIsSentWhenItIsApplied) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    session.send("SEND 4 2\r\nhi\r\nSAY ho\r\n");
    const auto entries = wait_for_entries(2);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].kind, EntryKind::message);
    EXPECT_EQ(entries[0].login, login_of("ann"));
    EXPECT_EQ(entries[0].number, 4U);
    EXPECT_EQ(entries[0].body, "hi");
    EXPECT_EQ(entries[1].number, 5U);
    EXPECT_EQ(entries[1].body, "ho");
    EXPECT_EQ(session.unread_bytes(), 0);
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    replica_.apply_elsewhere(EntryKind::message, "bob", 5, 1, "in between");
    replica_.apply_all();
    EXPECT_TRUE(session.read_to("in between\r\nSENT 4 2\r\nSENT 5 3\r\n")) << session.received();
}

TEST_F(ClusterSession, AMessageHasTheTimeOfTheClockThatTheReplicaHasLastCompared) {
    constexpr std::uint64_t day_ms = 86'400'000;
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    // As if the clock had jumped to tomorrow since then.
    segment().archiver().clock_offset_ms -= static_cast<std::int64_t>(day_ms);
    const std::uint64_t begin = base::unix_ms();
    session.send("SEND 1 1\r\nx\r\n");
    const auto entries = wait_for_entries(1);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_GE(entries[0].time_ms + day_ms + 1000, begin);
    EXPECT_LE(entries[0].time_ms + day_ms, base::unix_ms() + 1000);
}

TEST_F(ClusterSession, ADupWaitsUntilTheMessagesBeforeItAreVisible) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    session.send("SEND 1 1\r\na\r\nSEND 2 1\r\nb\r\nSEND 1 1\r\na\r\n");
    ASSERT_EQ(wait_for_entries(2).size(), 2U);
    ASSERT_TRUE(eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
    replica_.apply(1);
    ASSERT_TRUE(session.read_to("SENT 1 1\r\n"));
    EXPECT_EQ(session.unread_bytes(), 0);
    replica_.apply(1);
    EXPECT_TRUE(session.read_text("DUP 1\r\n"));
    EXPECT_TRUE(session.read_text("SENT 2 2\r\n"));
}

TEST_F(ClusterSession, QuitWaitsForTheOwnMessagesAndTakesTheCursorAlong) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    session.send("SEND 1 1\r\na\r\nSEND 2 1\r\nb\r\nQUIT\r\n");
    ASSERT_EQ(wait_for_entries(2).size(), 2U);
    ASSERT_TRUE(eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
    replica_.apply(1);
    ASSERT_TRUE(session.read_to("SENT 1 1\r\n"));
    EXPECT_EQ(session.unread_bytes(), 0);
    const std::uint64_t login = login_of("ann");
    replica_.apply(1);
    EXPECT_TRUE(session.read_all().ends_with("SENT 2 2\r\nBYE quit\r\n")) << session.received();
    const auto entries = wait_for_entries(1);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, EntryKind::logout);
    EXPECT_EQ(entries[0].login, login);
    EXPECT_EQ(entries[0].number, 2U);
}

TEST_F(ClusterSession, ATakeOverElsewhereEndsAQuitThatWaits) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    session.send("SEND 1 1\r\na\r\nQUIT\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    replica_.apply_elsewhere(EntryKind::login, "ann", another_login, login_of("ann"));
    EXPECT_TRUE(session.read_all().ends_with("BYE taken-over\r\n"));
    replica_.apply_all();
    EXPECT_EQ(log().last_id, 0U);  // the message is that of a login that was replaced
}

TEST_F(ClusterSession, AFullOutboxHoldsASenderBackUntilTheReplicaHasAppliedSomething) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    constexpr int count = 40;
    const std::string body(4000, 'x');
    const std::uint64_t room = segment().geometry().outbox_bytes;
    ASSERT_GT(count * body.size(), room);
    for (int seq = 1; seq <= count; ++seq) {
        session.send("SEND " + std::to_string(seq) + " 4000\r\n" + body + "\r\n");
    }
    const auto used = [&] { return segment().outbox().end - segment().outbox().head; };
    ASSERT_TRUE(eventually([&] { return used() + body.size() > room - 100; }));
    EXPECT_LE(used(), room);
    const Applying applying{segment(), replica_};
    EXPECT_TRUE(session.read_to("SENT 40 40\r\n"));
}

TEST_F(ClusterSession, MessagesThatFindTheOutboxFullAreRefusedWhenTheStoreFails) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    const std::string body(8000, 'x');
    const auto used = [&] { return segment().outbox().end - segment().outbox().head; };
    for (int seq = 1; seq <= 12; ++seq) {
        session.send("SEND " + std::to_string(seq) + " 8000\r\n" + body + "\r\n");
    }
    const std::uint64_t room = segment().geometry().outbox_bytes;
    ASSERT_TRUE(eventually([&] { return used() + body.size() > room - 100; }));
    const std::size_t accepted = replica_.waiting().size();
    ASSERT_LT(accepted, 12U);
    segment().set_store_state(shm::StoreState::fails);
    ASSERT_TRUE(session.read_to("ERR store-failed 12 not stored; send it again later\r\n"));
    EXPECT_NE(session.received().find("ERR store-failed " + std::to_string(accepted + 1) + " "),
              std::string::npos);
    EXPECT_EQ(session.received().find("ERR store-failed " + std::to_string(accepted) + " "),
              std::string::npos);
    replica_.apply_all();
    const std::string last = std::to_string(accepted);
    EXPECT_TRUE(session.read_to("SENT " + last + " " + last + "\r\n"));
    // What is there is still delivered and answered.
    session.send("PING a\r\n");
    EXPECT_TRUE(session.read_to("PONG a\r\n"));
}

TEST_F(ClusterSession, ASenderSleepsWithTheCrowdAgainAfterItsLastMessageWasSent) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    const auto has_sleeper = [](shm::Condition& condition) { return condition.wake_some(1) == 1; };
    session.send("SEND 1000000000000000000 1\r\na\r\nSAY b\r\n");
    ASSERT_EQ(wait_for_entries(2).size(), 2U);
    ASSERT_TRUE(eventually([&] { return has_sleeper(log().news_of_senders); }));
    replica_.apply(1);
    ASSERT_TRUE(session.read_to("SENT 1000000000000000000 1\r\n"));
    ASSERT_TRUE(eventually([&] { return has_sleeper(log().news_of_senders); }));
    replica_.apply(1);
    ASSERT_TRUE(session.read_to("SENT 1000000000000000001 2\r\n"));
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    replica_.apply_elsewhere(EntryKind::message, "bob", 5, 1, "hi");
    ASSERT_TRUE(session.read_to("hi\r\n"));
    EXPECT_TRUE(eventually([&] { return has_sleeper(log().new_messages); }));
}

// --- Dying, and seeing others -----------------------------------------------------------------

TEST_F(ClusterSession, AKilledSessionLeavesALoginThatTheReplicaEnds) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann\r\n"));
    replica_.end_dead_logins();
    ASSERT_EQ(replica_.waiting().size(), 0U);
    session.child().kill();
    shm::reap_slot(segment(), 0);
    EXPECT_TRUE(shm::is_online(segment(), 0));
    replica_.end_dead_logins();
    replica_.apply_all();
    EXPECT_EQ(login_of("ann"), 0U);
    EXPECT_FALSE(shm::is_online(segment(), 0));
}

TEST_F(ClusterSession, ALoginThatWaitsIsNotEndedByTheReplica) {
    ForkedSession session{scratch_, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_EQ(wait_for_entries(1).size(), 1U);
    session.child().signal(SIGSTOP);  // so that it does not go on when its login is applied
    ASSERT_TRUE(eventually([&] { return base::is_stopped(session.child().pid()); }));
    replica_.apply_all();
    replica_.end_dead_logins();
    EXPECT_EQ(replica_.waiting().size(), 0U);
    session.child().signal(SIGCONT);
    EXPECT_TRUE(session.read_to("LIVE 0\r\n"));
}

TEST_F(ClusterSession, ClientsOfAllNodesAreShownAsOnline) {
    ForkedSession session{scratch_, 0};
    ASSERT_TRUE(log_in(session, "LOGIN ann presence=on\r\n"));
    replica_.apply_elsewhere(EntryKind::login, "bob", 5);
    EXPECT_TRUE(session.read_to("ONLINE bob\r\n"));
    session.send("WHO\r\n");
    EXPECT_TRUE(session.read_to("USER hal offline cursor=0\r\nEND\r\n"));
    EXPECT_NE(session.received().find("USER ann online cursor=0\r\nUSER bob online cursor=0\r\n"),
              std::string::npos);
    segment().cluster().nodes[PlayedReplica::elsewhere - 1].is_alive = 0;
    shm::announce_presence(segment());
    EXPECT_TRUE(session.read_to("OFFLINE bob\r\n"));
}

}  // namespace
}  // namespace belfry::test

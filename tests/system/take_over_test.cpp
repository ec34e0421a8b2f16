#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <string>

/// One session per client-id: a later login takes over.
namespace belfry::test {
namespace {

TEST(TakeOver, TheEarlierConnectionGetsByeAndIsClosed) {
    const Server server;
    RawClient earlier = server.log_in("1");
    RawClient later = server.log_in("1");
    earlier.expect("BYE taken-over");
    earlier.expect_closed();
    later.send("SAY mine now\r\n");
    later.expect("SENT 1 1");
}

TEST(TakeOver, OtherClientsAreNotAffected) {
    const Server server;
    RawClient other = server.log_in("2");
    RawClient earlier = server.log_in("1");
    RawClient later = server.log_in("1");
    earlier.expect("BYE taken-over");
    later.send("SAY hello\r\n");
    other.expect_message(1, "1", "hello");
    other.expect_pong();
}

TEST(TakeOver, TheLaterSessionContinuesAtTheCursor) {
    const Server server;
    RawClient sender = server.log_in("2");
    for (int count = 0; count < 3; ++count) sender.send("SAY x\r\n");
    sender.read_until_id(3);
    RawClient earlier = server.log_in("1", "ack=manual");
    earlier.send("ACK 2\r\n");
    earlier.expect_pong();
    RawClient later = server.connect();
    EXPECT_EQ(later.log_in("1", "ack=manual").option("cursor"), "2");
    later.expect_message(3, "2", "x");
    later.expect("LIVE 3");
}

TEST(TakeOver, AConnectionThatIsResetBeforeItIsServedTakesOverNothing) {
    const Server server;
    RawClient client = server.log_in("1");
    ::kill(server.pid(), SIGSTOP);
    RawClient earlier = server.connect();
    earlier.send("LOGIN 1\r\n");
    earlier.reset();
    ::kill(server.pid(), SIGCONT);
    // The reset connection was accepted before client 2. Its process has ended when two sessions
    // are left.
    RawClient other = server.log_in("2");
    EXPECT_TRUE(eventually([&] { return server.sessions().size() == 2; }));
    other.send("SAY hello\r\n");
    client.expect_message(1, "2", "hello");
}

TEST(TakeOver, ManyTakeOversInARowLeaveOneSession) {
    const Server server;
    std::vector<RawClient> earlier;
    for (int count = 0; count < 20; ++count) earlier.push_back(server.log_in("1"));
    RawClient last = server.log_in("1");
    for (auto& client : earlier) {
        client.expect("BYE taken-over");
        client.expect_closed();
    }
    last.send("SAY the last one\r\n");
    last.expect("SENT 1 1");
    EXPECT_TRUE(eventually([&] { return server.sessions().size() == 1; }));
}

TEST(TakeOver, NoMessageOfTheEarlierSessionIsAppendedAfterTheLaterWelcome) {
    const Server server;
    for (std::uint64_t round = 1; round <= 20; ++round) {
        RawClient earlier = server.log_in("1");
        RawClient later = server.connect();
        later.send("LOGIN 1\r\n");
        // The earlier session keeps sending until the later one gets WELCOME.
        while (later.receive(0)) {
            if (const auto frame = later.next_received()) {
                EXPECT_EQ(frame->verb, "WELCOME");
                break;
            }
            static_cast<void>(earlier.send_without_reading("SAY before\r\n", Milliseconds{100}));
        }
        try {
            for (int count = 0; count < 50; ++count) {
                static_cast<void>(earlier.send_without_reading("SAY after\r\n", Milliseconds{100}));
            }
        } catch (const std::exception&) {
            // The server has closed the earlier connection already.
        }
        later.read_until("LIVE");
        later.send("SAY marker\r\n");
        later.read_until("SENT");
        later.quit();
    }
    RawClient reader = server.connect();
    reader.log_in("2");
    for (const auto& frame : reader.read_until("LIVE")) EXPECT_NE(frame.payload, "after");
}

constexpr int small_buffer = 4096;

/// Fills the log with more than the buffers of a connection hold.
void fill_log(const Server& server) {
    RawClient sender = server.log_in("2");
    const std::string text(8192, 'x');
    for (std::uint64_t seq = 1; seq <= 2000; ++seq) sender.send_message(seq, text);
    sender.read_until_id(2000);
}

/// Takes over from an earlier session of client 1, whose client keeps its connection open and does
/// not read. Expects that the earlier process ends by itself, without a kill.
void expect_orderly_end_of_earlier_session(Server& server) {
    const pid_t process = server.child_of("1");
    RawClient later = server.connect();
    later.log_in("1");
    // The supervisor logs a death before it reads the signal that stops it.
    ASSERT_TRUE(eventually([&] { return !process_info(process); }));
    later.read_until("LIVE");
    EXPECT_EQ(server.stop(), 0);
    const std::string log = server.errors();
    EXPECT_NE(log.find("client 1 logged out: taken-over"), std::string::npos) << log;
    EXPECT_EQ(log.find("was killed by signal"), std::string::npos) << log;
}

TEST(TakeOver, AnEarlierSessionWhoseClientStaysConnectedEndsWithoutAKill) {
    Server server;
    const RawClient earlier = server.log_in("1");
    expect_orderly_end_of_earlier_session(server);
}

TEST(TakeOver, AnEarlierSessionThatIsStuckInAWriteEndsWithoutAKill) {
    Server server;
    RawClient earlier = server.connect(small_buffer);
    earlier.log_in("1");
    fill_log(server);
    expect_orderly_end_of_earlier_session(server);
}

TEST(TakeOver, AnEarlierSessionThatIsStuckInAnAnswerEndsWithoutAKill) {
    Server server;
    fill_log(server);
    RawClient earlier = server.connect(small_buffer);
    earlier.log_in_live("1");
    ASSERT_NE(earlier.send_without_reading("HISTORY 1 2000\r\n", default_wait), 0U);
    expect_orderly_end_of_earlier_session(server);
}

TEST(TakeOver, AnEarlierSessionWhoseAnswerWaitsForAStuckWriteEndsWithoutAKill) {
    Server server;
    RawClient earlier = server.connect(small_buffer);
    earlier.log_in("1");
    fill_log(server);
    ASSERT_NE(earlier.send_without_reading("PING\r\n", default_wait), 0U);
    expect_orderly_end_of_earlier_session(server);
}

TEST(TakeOver, AStoppedSessionIsFencedAndKilled) {
    const Server server;
    RawClient earlier = server.log_in("1");
    const pid_t stopped = server.child_of("1");
    ::kill(stopped, SIGSTOP);
    earlier.send_message(50, "sent to a stopped session");

    RawClient later = server.log_in("1");
    later.send_message(60, "first");
    later.expect("SENT 60 1");
    EXPECT_TRUE(eventually([&] { return !is_alive(stopped); }));
    later.send_message(61, "second");
    later.expect("SENT 61 2");
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect_message(1, "1", "first");
    reader.expect_message(2, "1", "second");
    reader.expect("LIVE 2");
}

TEST(TakeOver, AStoppedSessionThatIsContinuedIsFencedToo) {
    const Server server;
    for (std::uint64_t round = 1; round <= 2; ++round) {
        RawClient earlier = server.log_in("1");
        const pid_t stopped = server.child_of("1");
        ::kill(stopped, SIGSTOP);
        earlier.send("SAY from the past\r\n");
        RawClient later = server.connect();
        later.log_in("1");
        ::kill(stopped, SIGCONT);
        later.read_until("LIVE");
        later.send("SAY now\r\n");
        later.read_until_id(round);
        EXPECT_TRUE(eventually([&] { return !is_alive(stopped); }));
    }
    RawClient reader = server.connect();
    EXPECT_EQ(reader.log_in("2").option("last"), "2");
    for (std::uint64_t id = 1; id <= 2; ++id) reader.expect_message(id, "1", "now");
}

}  // namespace
}  // namespace belfry::test

#include "client/connection.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/tls_front.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

/// A program that uses nothing but client/. The test plays the server.
namespace belfry::client {
namespace {

using Lines = std::vector<std::string>;

struct Recorder : Observer {
    void notice(std::string_view text) override { lines.emplace_back(text); }
    void message(const wire::Message& frame) override {
        lines.push_back(std::string{frame.sender} + ": " + std::string{frame.payload});
    }
    void welcome(const wire::Welcome&) override { ++welcomes; }
    void accepted(std::uint64_t line, const Receipt& receipt) override {
        lines.push_back("accepted " + std::to_string(receipt.id) + ": line " +
                        std::to_string(line));
    }
    void refused(std::uint64_t line, const Error& why) override {
        lines.push_back("refused " + std::to_string(line) + ": " + why.text);
    }
    void lost(base::TimePoint, std::string_view) override { lines.emplace_back("lost"); }

    int welcomes = 0;

    Lines lines;
};

class ClientConnection : public ::testing::Test {
  protected:
    void turn_until(const std::function<bool()>& is_there) { turn(connection, is_there); }

    /// Runs a connection until something has happened.
    static void turn(Connection& connection, const std::function<bool()>& is_there) {
        EXPECT_TRUE(test::eventually([&] {
            pollfd wanted = connection.wanted(true);
            const bool is_ready = ::poll(&wanted, 1, 1) > 0;
            connection.go_on(is_ready);
            connection.flush();
            return is_there();
        }));
    }

    /// The next connection of the client, whose LOGIN has been sent.
    test::FakeSession next_session() {
        turn_until([&] { return connection.wanted(true).events == POLLIN; });
        return server.accept();
    }

    test::FakeSession logged_in(std::uint64_t seq = 0) {
        test::FakeSession session = next_session();
        session.let_in(seq);
        turn_until([&] { return connection.is_online(); });
        return session;
    }

    test::FakeServer server;
    Recorder recorder;
    Connection connection{
        {.servers = {{"127.0.0.1", std::to_string(server.port())}}}, {.client_id = "1"}, recorder};
};

TEST_F(ClientConnection, TellsTheObserverOfItsProgramWhatWasAcceptedAndReceived) {
    test::FakeSession session = logged_in();
    connection.send(1, "hello");
    connection.flush();
    session.expect_send(1, "hello");
    session.say("SENT 1 1\r\nMSG 2 bob 1700845380000 5\r\nagain\r\n");
    turn_until([&] { return recorder.lines.size() == 2; });
    EXPECT_EQ(recorder.lines, (Lines{"accepted 1: line 1", "bob: again"}));
    connection.acknowledge();
    connection.flush();
    session.expect("ACK 2");
    connection.leave(base::Clock::now() + std::chrono::hours{1});
    connection.flush();
    session.let_go();
    turn_until([&] { return connection.has_ended(); });
    EXPECT_EQ(connection.end(), Connection::End::left);
}

TEST_F(ClientConnection, ReconnectsAfterALossAndSendsUnansweredLinesAgain) {
    connection.send(1, "hello");
    {
        test::FakeSession session = logged_in();
        session.expect_send(1, "hello");
        session.close();
    }
    test::FakeSession session = logged_in();
    session.expect_send(1, "hello");
    session.say("SENT 1 1\r\n");
    turn_until([&] { return connection.conversation().unsent().is_empty(); });
    EXPECT_EQ(recorder.lines, (Lines{"connection lost: closed by the server", "lost", "reconnected",
                                     "accepted 1: line 1"}));
}

TEST_F(ClientConnection, EndsIfItsLoginIsRefused) {
    test::FakeSession session = next_session();
    session.expect("LOGIN 1 ack=manual");
    session.say("ERR unknown-client 0 no such client\r\n");
    turn_until([&] { return connection.has_ended(); });
    EXPECT_EQ(connection.end(), Connection::End::refused);
    EXPECT_EQ(connection.reason(), "unknown-client: no such client");
}

TEST_F(ClientConnection, EndsIfItsFirstAttemptFails) {
    server.stop_listening();
    turn_until([&] { return connection.has_ended(); });
    EXPECT_EQ(connection.end(), Connection::End::unreachable);
    EXPECT_EQ(connection.reason(), "Connection refused");
    EXPECT_EQ(recorder.lines, Lines{});
}

TEST_F(ClientConnection, ALoginThatIsGivenUpIsReset) {
    test::FakeSession session = next_session();
    session.expect("LOGIN 1 ack=manual");
    connection.leave(base::Clock::now());
    EXPECT_TRUE(session.is_reset());
}

TEST_F(ClientConnection, AfterWelcomeItIsClosedInOrder) {
    test::FakeSession session = logged_in();
    connection.leave(base::Clock::now());
    connection.flush();
    session.expect("QUIT");
    turn_until([&] { return connection.has_ended(); });
    EXPECT_FALSE(session.is_reset());
}

TEST_F(ClientConnection, ALoginByTlsThatIsGivenUpIsReset) {
    const test::Certificates certificates;
    test::TlsFront front{{.certificate = certificates.server(), .behind = server.port()}};
    Connection tls{{.servers = {{"localhost", std::to_string(front.port())}},
                    .tls = Tls{.ca = certificates.authority().string()}},
                   {.client_id = "1"},
                   recorder};
    turn(tls, [&] { return front.handshakes() == 1; });
    test::FakeSession session = server.accept();
    session.expect("LOGIN 1 ack=manual");
    tls.leave(base::Clock::now());
    session.expect_closed();
    EXPECT_TRUE(test::eventually([&] { return front.resets() == 1; }));
}

TEST_F(ClientConnection, ReadsNothingWhileTheProgramTakesNoMessages) {
    test::FakeSession session = logged_in();
    EXPECT_EQ(connection.wanted(false).fd, -1);
    EXPECT_EQ(connection.wanted(true).events, POLLIN);
}

TEST_F(ClientConnection, AWelcomeCountsEvenIfTheServerClosesInTheSameTurn) {
    static_cast<void>(logged_in());
    turn_until([&] { return !connection.is_online(); });
    test::FakeSession session = next_session();
    session.expect("LOGIN 1 ack=manual");
    session.say(
        "WELCOME 1 cursor=0 last=0 seq=0 epoch=a1 max-payload=65536\r\nBYE shutting-down\r\n");
    turn_until([&] { return recorder.welcomes == 2; });
    EXPECT_FALSE(connection.is_online());
}

TEST_F(ClientConnection, TheReasonOfTheEndStaysIfTheProgramLeavesAfterwards) {
    test::FakeSession session = next_session();
    session.say("ERR unknown-client 0 no such client\r\n");
    turn_until([&] { return connection.has_ended(); });
    connection.leave(base::Clock::now());
    EXPECT_EQ(connection.end(), Connection::End::refused);
    EXPECT_EQ(connection.reason(), "unknown-client: no such client");
}

}  // namespace
}  // namespace belfry::client

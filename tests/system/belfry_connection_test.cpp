#include "tests/support/running_belfry.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

/// belfry connects, reconnects and closes its connection. The test plays the server.
namespace belfry::test {
namespace {

TEST(BelfryConnection, UnconfirmedLinesAreSentAgainInOrderWithTheSameSeqs) {
    RunningBelfry belfry;
    {
        auto session = belfry.server.accept();
        session.let_in(10);
        belfry.process.write("a\nb\nc\n");
        session.expect_send(11, "a");
        session.expect_send(12, "b");
        session.expect_send(13, "c");
        session.say("SENT 11 1\r\n");
        session.expect("ACK 1");
        session.reset();
    }
    auto session = belfry.server.accept();
    session.let_in(12, 1);
    session.expect_send(12, "b");
    session.expect_send(13, "c");
    session.say("SENT 12 2\r\nLIVE 2\r\nDUP 12\r\nSENT 13 3\r\n");
    EXPECT_TRUE(session.line().starts_with("ACK "));
    belfry.process.write("d\n");
    std::string line = session.line();
    if (line.starts_with("ACK ")) line = session.line();
    EXPECT_EQ(line, "SEND 14 1");
    session.expect("d");
    session.say("SENT 14 4\r\n");
    session.expect("ACK 4");
    EXPECT_EQ(belfry.finish(session), 0);
    const auto lines = lines_of(belfry.process.err());
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_TRUE(lines[0].starts_with("belfry: connection lost: ")) << lines[0];
    EXPECT_EQ(lines[1], "belfry: reconnected");
}

TEST(BelfryConnection, APrintedMessageIsNotPrintedAgain) {
    RunningBelfry belfry;
    {
        auto session = belfry.server.accept();
        session.let_in();
        session.say("MSG 1 bob 1 1\r\na\r\nMSG 2 bob 1 1\r\nb\r\n");
        session.expect("ACK 2");
        session.reset();
    }
    auto session = belfry.server.accept();
    session.let_in();
    session.expect("ACK 2");
    session.say("MSG 1 bob 1 1\r\na\r\nMSG 2 bob 1 1\r\nb\r\nMSG 3 bob 1 1\r\nc\r\nLIVE 3\r\n");
    session.expect("ACK 3");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.out(), "bob: a\nbob: b\nbob: c\n");
}

TEST(BelfryConnection, AMessageOfANewEpochIsPrintedEvenIfItsIdIsLower) {
    RunningBelfry belfry;
    {
        auto session = belfry.server.accept();
        session.let_in();
        session.say("MSG 9 bob 1 1\r\na\r\n");
        session.expect("ACK 9");
        session.close();
    }
    auto session = belfry.server.accept();
    session.let_in(0, 0, "epoch=b2 max-payload=9");
    session.say("MSG 1 bob 1 1\r\nb\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.out(), "bob: a\nbob: b\n");
    EXPECT_NE(belfry.process.err().find("new log"), std::string::npos);
}

TEST(BelfryConnection, ARefusedLineIsNotSentAgainOnTheNextConnection) {
    RunningBelfry belfry;
    {
        auto session = belfry.server.accept();
        session.let_in();
        belfry.process.write("a\nb\n");
        session.expect_send(1, "a");
        session.expect_send(2, "b");
        session.say("ERR bad-payload 1 x\r\n");
        session.close();
    }
    auto session = belfry.server.accept();
    session.let_in();
    session.expect_send(2, "b");
    session.say("SENT 2 1\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    EXPECT_EQ(belfry.finish(session), 6);
}

TEST(BelfryConnection, BelfryWaitsForAServerThatShutDown) {
    RunningBelfry belfry;
    auto first = belfry.server.accept();
    first.let_in();
    belfry.server.stop_listening();
    first.say("BYE shutting-down\r\n");
    first.expect_closed();
    EXPECT_TRUE(eventually(
        [&] { return belfry.process.err().find("shutting-down") != std::string::npos; }));
    belfry.server.listen_again();
    auto session = belfry.server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    EXPECT_EQ(belfry.finish(session), 0);
}

TEST(BelfryConnection, InputReadWithoutAConnectionIsSentAfterReconnecting) {
    RunningBelfry belfry;
    auto first = belfry.server.accept();
    first.let_in();
    belfry.server.stop_listening();
    first.close();
    belfry.process.write("a\n");
    belfry.process.close_input();
    belfry.server.listen_again();
    auto session = belfry.server.accept();
    session.let_in();
    session.expect_send(1, "a");
    session.say("LIVE 0\r\nSENT 1 1\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
}

TEST(BelfryConnection, BelfryRetriesAFullServerIfAnEarlierLoginWasAccepted) {
    RunningBelfry belfry;
    {
        auto session = belfry.server.accept();
        session.let_in();
        session.close();
    }
    {
        auto session = belfry.server.accept();
        session.expect("LOGIN 1 ack=manual");
        session.say("ERR too-many-clients - full\r\n");
        session.close();
    }
    auto session = belfry.server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    EXPECT_EQ(belfry.finish(session), 0);
}

TEST(BelfryConnection, BelfryConnectsToAHostName) {
    FakeServer server;
    Invocation command = belfry_command(server.port(), {"-server_ip", "localhost"});
    Process process{command};
    auto session = server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    session.let_go();
    EXPECT_EQ(process.wait(), 0);
}

TEST(BelfryConnection, BelfryConnectsToAnIpv6Address) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    socklen_t length = sizeof address;
    auto* bytes = reinterpret_cast<sockaddr*>(&address);
    const base::UniqueFd listener{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::bind(listener.get(), bytes, length) != 0) GTEST_SKIP() << "this machine has no IPv6";
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    ASSERT_EQ(::getsockname(listener.get(), bytes, &length), 0);
    Process process{belfry_command(ntohs(address.sin6_port), {"-server_ip", "::1"})};
    FakeSession session{base::UniqueFd{::accept(listener.get(), nullptr, nullptr)}};
    session.let_in();
    session.say("LIVE 0\r\n");
    session.let_go();
    EXPECT_EQ(process.wait(), 0);
}

TEST(BelfryConnection, BelfryExitsIfTheServerClosesWithoutBye) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    belfry.process.close_input();
    session.expect("QUIT");
    session.close();
    EXPECT_EQ(belfry.process.wait(), 0);
    EXPECT_EQ(belfry.process.err(), "");
}

TEST(BelfryConnection, AMessageThatArrivesAfterQuitIsLeftToTheNextLogin) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    belfry.process.close_input();
    session.expect("QUIT");
    session.say("MSG 1 bob 1 1\r\na\r\nBYE quit\r\n");
    session.expect_closed();
    EXPECT_EQ(belfry.process.wait(), 0);
    EXPECT_EQ(belfry.process.out(), "");
}

}  // namespace
}  // namespace belfry::test

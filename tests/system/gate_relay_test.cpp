#include "tests/support/gate_test.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_gate.hpp"
#include "tests/support/tcp_connection.hpp"
#include "wire/proxy_header.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

/// A relay whose client and session the test plays.
class GateRelay : public GateTest {
  protected:
    GateRelay() : gate_{server()} { EXPECT_TRUE(gate_.next_report().starts_with("ready ")); }

    [[nodiscard]] RawClient connect(int receive_buffer = 0) const {
        return {gate_.port(), tls(), receive_buffer};
    }
    [[nodiscard]] bool has_relays(std::size_t count) {
        return eventually([&] { return gate_.relays().size() == count; });
    }

    RunningGate gate_;
};

std::uint16_t port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

TEST_F(GateRelay, CarriesBytesBothWays) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    client.send("LOGIN ann\r\n");
    EXPECT_EQ(session.read(11), "LOGIN ann\r\n");
    session.send("BYE here\r\n");
    client.expect("BYE here");
}

TEST_F(GateRelay, TellsBelfrydWhoTheClientIs) {
    const RawClient client = connect();
    const std::string header = gate_.accept().read_header();
    const auto parsed = wire::parse_proxy_header(header);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->consumed, header.size());
    EXPECT_EQ(address_text(parsed->header.peer), "127.0.0.1");
    EXPECT_EQ(parsed->header.peer.port, port_of(client.fd()));
    EXPECT_EQ(parsed->header.local.port, gate_.port());
    EXPECT_EQ(parsed->header.transport, wire::ProxyTransport::tls);
    ASSERT_TRUE(parsed->header.tls);
    EXPECT_EQ(parsed->header.tls->version, "TLSv1.3");
    EXPECT_TRUE(parsed->header.tls->cipher.starts_with("TLS_AES_"));
    EXPECT_EQ(parsed->header.tls->common_name, "");
}

TEST_F(GateRelay, SpeaksTls12) {
    TlsOptions old = tls();
    old.max_version = TLS1_2_VERSION;
    RawClient client{gate_.port(), old};
    PlayedSession session = gate_.accept();
    const std::string header = session.read_header();
    EXPECT_EQ(wire::parse_proxy_header(header)->header.tls->version, "TLSv1.2");
    client.send("PING a\r\n");
    EXPECT_EQ(session.read(8), "PING a\r\n");
}

TEST_F(GateRelay, RefusesOlderVersionsOfTls) {
    TlsOptions old = tls();
    old.max_version = TLS1_1_VERSION;
    EXPECT_THROW(RawClient(gate_.port(), old), HandshakeFailed);
}

TEST_F(GateRelay, DeliversTheLastLineOfASession) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    const std::string payload(100'000, 'x');
    session.send(
        "WELCOME bob epoch=1 cursor=0 last=1 seq=0 max-payload=200000 server=belfry/1\r\n");
    session.send("MSG 1 ann 1 100000\r\n" + payload + "\r\nBYE shutting-down\r\n");
    session.shutdown_sending();
    client.expect_verb("WELCOME");
    EXPECT_EQ(client.expect_verb("MSG").payload, payload);
    client.expect("BYE shutting-down");
    client.expect_closed();
    EXPECT_EQ(session.read_to_the_end(), "");
}

TEST_F(GateRelay, DeliversTheLastLineToAClientThatStillSends) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    session.send("BYE taken-over\r\n");
    session.close();
    // The session has gone, so nobody reads this.
    static_cast<void>(client.send_without_reading(std::string(50'000, 'x'), Milliseconds{100}));
    client.expect("BYE taken-over");
    client.expect_closed();
}

TEST_F(GateRelay, PassesAnEndOnThatComesTogetherWithTheLastBytes) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    const pid_t relay = gate_.relays().at(0);
    ::kill(relay, SIGSTOP);
    client.send("QUIT\r\n");
    client.shutdown_sending();
    ::kill(relay, SIGCONT);
    EXPECT_EQ(session.read_to_the_end(), "QUIT\r\n");
}

TEST_F(GateRelay, EndsAfterAResetThatComesTogetherWithTheLastBytes) {
    RawClient client = connect();
    const PlayedSession session = gate_.accept_client();
    const pid_t relay = gate_.relays().at(0);
    ::kill(relay, SIGSTOP);
    client.send("PING\r\n");
    client.reset();
    ::kill(relay, SIGCONT);
    EXPECT_TRUE(has_relays(0));
}

TEST_F(GateRelay, PassesTheEndOfTheClientOn) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    client.send("QUIT\r\n");
    client.shutdown_sending();
    EXPECT_EQ(session.read_to_the_end(), "QUIT\r\n");
    session.send("BYE quit\r\n");
    session.shutdown_sending();
    client.expect("BYE quit");
    client.expect_closed();
    client.reset();
    EXPECT_TRUE(has_relays(0));
}

TEST_F(GateRelay, AnswersAClientThatEndsItsSideWithoutCloseNotify) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    client.send("QUIT\r\n");
    ::shutdown(client.fd(), SHUT_WR);
    EXPECT_EQ(session.read_to_the_end(), "QUIT\r\n");
    session.send("BYE quit\r\n");
    session.shutdown_sending();
    client.expect("BYE quit");
    client.expect_closed();
}

TEST_F(GateRelay, DoesNotBlameAClientThatEndsItsSideDuringItsHandshake) {
    TcpConnection client{gate_.port()};
    ASSERT_EQ(client.send("\x16\x03\x01"), 3);
    const PlayedSession session = gate_.accept();
    ::shutdown(client.fd(), SHUT_WR);
    EXPECT_TRUE(eventually([&] {
        return gate_.process().err().find(" failed: the client has closed") != std::string::npos;
    })) << gate_.process().err();
}

TEST_F(GateRelay, EndsTheSessionOfAClientThatIsReset) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    client.reset();
    EXPECT_EQ(session.read_to_the_end(), "");
    EXPECT_TRUE(has_relays(0));
}

TEST_F(GateRelay, HoldsASessionBackWhoseClientDoesNotRead) {
    constexpr std::size_t much = 64 << 20;
    RawClient client = connect(4096);
    PlayedSession session = gate_.accept_client();
    const std::string frame = "MSG 1 ann 1 65536\r\n" + std::string(65536, 'x') + "\r\n";
    const pid_t relay = gate_.relays().at(0);
    const auto before = private_memory_kib(relay);
    std::size_t sent = 0;
    // It is held back if it could send nothing for a while.
    const auto goes_on = [&] {
        const std::size_t count = session.send_some(frame);
        sent += count;
        return count != 0;
    };
    while (sent < much && eventually(goes_on, Milliseconds{200})) {
    }
    EXPECT_LT(sent, much);
    EXPECT_LT(private_memory_kib(relay), before + 512);
}

TEST_F(GateRelay, EndsSoonAfterItsSessionEvenIfItsClientDoesNotRead) {
    const RawClient client = connect(4096);
    PlayedSession session = gate_.accept_client();
    while (session.send_some(std::string(65536, 'x')) != 0) {
    }
    session.close();
    EXPECT_TRUE(has_relays(0));
}

TEST_F(GateRelay, ClosesAClientThatDoesNotSpeakTls) {
    RawClient plain{gate_.port()};
    plain.send("LOGIN ann\r\n");
    static_cast<void>(plain.read_to_the_end());
    PlayedSession session = gate_.accept();
    EXPECT_EQ(session.read_to_the_end(), "");
    const auto is_logged = [&] {
        return gate_.process().err().find("belfry-gate: debug: TLS handshake with 127.0.0.1:") !=
               std::string::npos;
    };
    EXPECT_TRUE(eventually(is_logged)) << gate_.process().err();
}

TEST_F(GateRelay, CostsNoProcessBeforeTheFirstByte) {
    const TcpConnection silent{gate_.port()};
    TcpConnection reset{gate_.port()};
    reset.reset();
    RawClient client = connect();  // so the gate has handled the others
    PlayedSession session = gate_.accept_client();
    EXPECT_EQ(gate_.relays().size(), 1U);
}

TEST_F(GateRelay, IsNamedAfterTheAddressOfItsClient) {
    const RawClient client = connect();
    const PlayedSession session = gate_.accept_client();
    EXPECT_EQ(title_of(gate_.relays().at(0)), "belfry-gate: tls for 127.0.0.1");
    EXPECT_EQ(title_of(gate_.process().pid()), "belfry-gate: gate");
}

TEST_F(GateRelay, GoesOnAfterTheGateIsKilled) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    gate_.process().signal(SIGKILL);
    gate_.process().wait();
    client.send("PING a\r\n");
    EXPECT_EQ(session.read(8), "PING a\r\n");
    gate_.start();
    EXPECT_TRUE(gate_.next_report().starts_with("ready "));
    RawClient next = connect();
    PlayedSession session_of_next = gate_.accept_client();
    session.send("BYE a\r\n");
    client.expect("BYE a");
}

TEST_F(GateRelay, GoesOnAfterTheSupervisorHasEnded) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    gate_.end_supervision();
    EXPECT_EQ(gate_.process().wait(), 0);
    client.send("PING a\r\n");
    EXPECT_EQ(session.read(8), "PING a\r\n");
}

TEST_F(GateRelay, GoesOnAfterTheGateIsTerminated) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    gate_.process().signal(SIGTERM);
    EXPECT_EQ(gate_.process().wait(), 0);
    client.send("PING a\r\n");
    EXPECT_EQ(session.read(8), "PING a\r\n");
}

TEST_F(GateRelay, GoesOnAfterASignalOfTheTerminal) {
    RawClient client = connect();
    PlayedSession session = gate_.accept_client();
    ::kill(gate_.relays().at(0), SIGHUP);
    client.send("PING a\r\n");
    EXPECT_EQ(session.read(8), "PING a\r\n");
    session.send("BYE here\r\n");
    client.expect("BYE here");
}

TEST_F(GateRelay, CostsItsOwnClientAloneIfItIsKilled) {
    RawClient ann = connect();
    PlayedSession session_of_ann = gate_.accept_client();
    const pid_t relay = gate_.relays().at(0);
    RawClient bob = connect();
    PlayedSession session_of_bob = gate_.accept_client();
    ::kill(relay, SIGKILL);
    static_cast<void>(ann.read_to_the_end());
    EXPECT_EQ(session_of_ann.read_to_the_end(), "");
    bob.send("PING b\r\n");
    EXPECT_EQ(session_of_bob.read(8), "PING b\r\n");
}

TEST_F(GateRelay, IsStartedAlthoughSilentConnectionsCouldUseUpAllDescriptors) {
    RunningGate gate{server(), {}, {.open_files = 200}};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    std::vector<std::unique_ptr<TcpConnection>> silent;
    for (int count = 0; count < 300; ++count) {
        const std::string from = "127.0.3." + std::to_string(1 + count % 10);
        silent.push_back(std::make_unique<TcpConnection>(gate.port(), 0, from));
    }
    RawClient client{gate.port(), tls()};
    PlayedSession session = gate.accept_client();
    client.send("QUIT\r\n");
    EXPECT_EQ(session.read(6), "QUIT\r\n");
}

TEST_F(GateRelay, IsNotStartedWhileNoProcessCanBeMade) {
    RunningGate gate{server(), {}, {.no_relays = true}};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    for (int time = 0; time < 3; ++time) {
        EXPECT_THROW(static_cast<void>(RawClient(gate.port(), tls())), Disconnected);
    }
    EXPECT_TRUE(gate.process().is_running());
    EXPECT_TRUE(gate.relays().empty());
    EXPECT_TRUE(
        eventually([&] { return gate.process().err().find("cannot serve") != std::string::npos; }));
}

TEST_F(GateRelay, IsNotStartedWhileBelfrydIsAway) {
    gate_.close_session_socket();
    EXPECT_THROW(static_cast<void>(connect()), Disconnected);
    EXPECT_TRUE(gate_.process().is_running());
}

}  // namespace
}  // namespace belfry::test

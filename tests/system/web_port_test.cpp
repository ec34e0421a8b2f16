#include "tests/support/certificates.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/running_gate.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tcp_connection.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/web_connection.hpp"

#include <poll.h>
#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

/// belfryd serves browsers through the gate.
namespace belfry::test {
namespace {

/// A server with a web port without TLS.
class AWebPort : public ::testing::Test {
  protected:
    [[nodiscard]] RawClient log_in(std::string_view client_id) const {
        RawClient client{server_.web_port(), WebOptions{}};
        static_cast<void>(client.log_in_live(client_id));
        return client;
    }

    [[nodiscard]] pid_t gate() const { return server_.status().at("gate").at("pid").get<pid_t>(); }

    Server server_{{.more = {"--web-port", "0"}}};
};

TEST_F(AWebPort, GivesItsClientsTheSameSessionsAsOthers) {
    RawClient one = log_in("1");
    RawClient two = server_.log_in("2");
    two.send("SAY hello\r\n");
    two.expect("SENT 1 1");
    one.expect_message(1, "2", "hello");
    one.send("SAY " + std::string(900, 'x') + "\r\n");
    two.expect_message(2, "1", std::string(900, 'x'));
    EXPECT_EQ(one.next().line, "SENT 1 2");
    const auto status = server_.client_status("1");
    EXPECT_EQ(status.at("transport"), "web");
    EXPECT_TRUE(status.at("peer").get<std::string>().starts_with("127.0.0.1:")) << status;
    EXPECT_EQ(one.quit().size(), 0U);
    EXPECT_TRUE(eventually([&] { return server_.relays().empty(); }));
}

TEST_F(AWebPort, IsShownByStatusWithoutACertificate) {
    RawClient one = log_in("1");
    const auto gate = server_.status().at("gate");
    EXPECT_NE(gate.at("pid"), 0);
    EXPECT_EQ(gate.at("relays"), 1);
    EXPECT_TRUE(gate.at("certificate_expires").is_null()) << gate;
    const std::string page = server_.belfryctl({"status"}).out;
    EXPECT_NE(page.find(", web port " + std::to_string(server_.web_port()) + ", 1 relays, no cert"),
              std::string::npos)
        << page;
    EXPECT_EQ(page.find("TLS port"), std::string::npos) << page;
    const std::string metrics = server_.belfryctl({"metrics"}).out;
    EXPECT_NE(metrics.find("belfry_gate_relays 1\n"), std::string::npos) << metrics;
    EXPECT_EQ(metrics.find("certificate_expires"), std::string::npos) << metrics;
}

TEST_F(AWebPort, IsTakenAgainByTheNextServerWithItsClients) {
    RawClient one = log_in("1");
    const auto port = server_.web_port();
    const pid_t former = gate();
    ::kill(former, SIGSTOP);  // so that it cannot exit by itself
    server_.kill_supervisor();
    server_.start();
    EXPECT_EQ(server_.web_port(), port);
    EXPECT_FALSE(is_alive(former));
    RawClient two = log_in("2");
    two.send("SAY hello\r\n");
    one.expect_message(1, "2", "hello");
    EXPECT_EQ(server_.client_status("1").at("transport"), "web");
    EXPECT_EQ(server_.stop(), 0);
    one.expect("BYE shutting-down");
    one.expect_closed();
}

TEST_F(AWebPort, AcceptsAgainAfterItsGateWasKilledAndLosesNobody) {
    RawClient one = log_in("1");
    const pid_t former = gate();
    ::kill(former, SIGKILL);
    RawClient two = log_in("2");
    two.send("SAY hello\r\n");
    one.expect_message(1, "2", "hello");
    EXPECT_TRUE(eventually([&] { return gate() != 0; }));
    EXPECT_NE(gate(), former);
}

TEST_F(AWebPort, IsGivenUpByAServerWithoutOneThatTakesOver) {
    RawClient one = log_in("1");
    server_.kill_supervisor();
    Invocation plain = server_.command();
    plain.arguments.resize(plain.arguments.size() - 2);
    server_.start(plain);
    EXPECT_EQ(server_.page(), "");
    EXPECT_EQ(server_.status().at("gate"), nullptr);
    one.expect_pong();
}

TEST_F(AWebPort, HasNoCertificateThatAReloadCouldReadAgain) {
    ::kill(server_.pid(), SIGHUP);
    EXPECT_TRUE(server_.will_say("nothing to reload: neither --config, --clients nor --tls-cert"))
        << server_.errors();
}

TEST(WebPorts, HaveTheirAddressesPrintedBeforeTheReadyLine) {
    const Certificates certificates;
    const KeyPair pair = certificates.server();
    const Server server{{.more = {"--tls-port", "0", "--web-port", "0", "--tls-cert",
                                  pair.certificate.string(), "--tls-key", pair.key.string()}}};
    EXPECT_EQ(server.output(),
              "belfryd tls on 127.0.0.1:" + std::to_string(server.tls_port()) +
                  "\nbelfryd web on https://127.0.0.1:" + std::to_string(server.web_port()) +
                  "/\nbelfryd listening on 127.0.0.1:" + std::to_string(server.port()) + "\n");
    EXPECT_NE(server.status().at("gate").at("certificate_expires"), nullptr);
}

TEST(WebPorts, HaveAnIpv6AddressInBrackets) {
    const Server server{{.more = {"--web-port", "0", "--web-listen", "::1"}}};
    EXPECT_TRUE(server.page().starts_with("http://[::1]:")) << server.page();
    EXPECT_TRUE(server.page().ends_with("/")) << server.page();
}

TEST(WebPorts, MayBeWithoutTlsAlthoughThereIsACertificate) {
    const Certificates certificates;
    const KeyPair pair = certificates.server();
    const Server server{
        {.more = {"--web-port", "0", "--web-tls", "off", "--tls-port", "0", "--tls-cert",
                  pair.certificate.string(), "--tls-key", pair.key.string()}}};
    RawClient one{server.web_port(), WebOptions{}};
    static_cast<void>(one.log_in_live("1"));
    EXPECT_EQ(server.page(), "http://127.0.0.1:" + std::to_string(server.web_port()) + "/");
}

TEST(WebPorts, BehindAProxyHaveThePeersThatItNames) {
    const Server server{{.more = {"--web-port", "0", "--web-proxy", "127.0.0.1", "--web-origin",
                                  "https://chat.example.org"}}};
    RawClient one{server.web_port(),
                  WebOptions{.headers = "X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n"
                                        "Origin: https://chat.example.org\r\n"}};
    static_cast<void>(one.log_in_live("1"));
    EXPECT_EQ(server.client_status("1").at("peer"), "192.0.2.7");
    EXPECT_TRUE(server.will_say("client 1 logged in from 192.0.2.7, process")) << server.errors();
}

/// Sends what is no handshake until the gate closes all connections of this address at once.
/// @return whether it does
bool has_shut_out_this_address(std::uint16_t tls_port) {
    constexpr int attempts = 2000;
    constexpr int attempts_between_silent_ones = 25;
    constexpr int silent_ms = 20;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        TcpConnection connection{tls_port};
        pollfd closed{connection.fd(), POLLIN, 0};
        if (attempt % attempts_between_silent_ones == 0 && ::poll(&closed, 1, silent_ms) == 1) {
            return true;
        }
        static_cast<void>(connection.send("GET / HTTP/1.1\r\n\r\n"));
        ::poll(&closed, 1, Deadline{default_wait}.remaining_ms());
    }
    return false;
}

TEST(WebPorts, BehindAProxyServeItWhateverElseComesFromItsAddress) {
    const Certificates certificates;
    const KeyPair pair = certificates.server();
    const Server server{
        {.more = {"--web-port", "0", "--web-tls", "off", "--web-proxy", "127.0.0.1", "--tls-port",
                  "0", "--tls-cert", pair.certificate.string(), "--tls-key", pair.key.string()}}};
    ASSERT_TRUE(has_shut_out_this_address(server.tls_port()));
    RawClient one{server.web_port(), WebOptions{.headers = "X-Forwarded-For: 192.0.2.7\r\n"}};
    static_cast<void>(one.log_in_live("1"));
}

TEST(WebPorts, AreCheckedWithTheRestOfTheConfiguration) {
    const Server server;
    Invocation command = server.command();
    command.arguments.insert(command.arguments.end(), {"--check", "--web-port", "0"});
    EXPECT_EQ(run(command).out, "configuration OK\n");
    command.arguments.insert(command.arguments.end(), {"--web-tls", "on"});
    const Result result = run(command);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "belfryd: --web-tls on needs --tls-cert\n");
}

TEST(WebPorts, KeepTheirOptionsAtAReload) {
    const TempDir folder;
    const auto file = folder.path() / "conf";
    std::ofstream{file} << "web-port = 0\nweb-origin = http://a\nweb-origin = http://b\n";
    const Server server{{.more = {"--config", file.string()}}};
    std::ofstream{file} << "web-port = 0\nweb-origin = http://a\nweb-proxy = 127.0.0.1\n";
    ::kill(server.pid(), SIGHUP);
    for (const char* const option : {"web-origin", "web-proxy"}) {
        EXPECT_TRUE(server.will_say(std::string{option} + " cannot be changed without stopping"))
            << server.errors();
    }
    EXPECT_EQ(server.errors().find("web-port cannot"), std::string::npos) << server.errors();
}

/// Tells whether the relay has closed its connection to the session in both directions.
bool is_hung_up(const PlayedSession& session) {
    pollfd relay{session.fd(), POLLIN, 0};
    ::poll(&relay, 1, 0);
    return (relay.revents & POLLHUP) != 0;
}

TEST(WebRelays, HangUpAtOnceIfTheirClientIsReset) {
    RunningGate gate{GatePort::web};
    RawClient client{gate.port(), WebOptions{}};
    PlayedSession session = gate.accept_client();
    client.send("LOGIN 1\r\n");
    EXPECT_EQ(session.read(9), "LOGIN 1\r\n");
    client.reset();
    EXPECT_EQ(session.read_to_the_end(), "");
    EXPECT_TRUE(is_hung_up(session)) << "the session must not serve the client any more";
}

TEST(WebRelays, LetTheSessionOfAClientThatClosesAnswer) {
    RunningGate gate{GatePort::web};
    RawClient client{gate.port(), WebOptions{}};
    PlayedSession session = gate.accept_client();
    client.send("LOGIN 1\r\n");
    client.shutdown_sending();
    EXPECT_EQ(session.read_to_the_end(), "LOGIN 1\r\n");
    EXPECT_FALSE(is_hung_up(session));
}

/// What a relay of the web port tells, and what the session answers.
class AWebLogin : public ::testing::Test {
  protected:
    void expect_answer(const ProxyFacts& facts, const std::string& login,
                       const std::string& answer) const {
        SCOPED_TRACE(login);
        RawClient relay = connect_as_relay(server_.data_dir());
        relay.send(proxy_header(facts) + "LOGIN " + login + "\r\n");
        EXPECT_EQ(relay.next().line.substr(0, answer.size()), answer);
    }

    const std::string with_secret_ = "ann secret=" + old_secret;
    ClientsFile file_{"ann:" + old_hash + "\ndan:*\n"};
    Server server_{[this] {
        ServerOptions options = with_clients(file_);
        options.more.insert(options.more.end(), {"--web-port", "0"});
        return options;
    }()};
};

TEST_F(AWebLogin, NeedsTheSecretOfTheClient) {
    ProxyFacts facts{.transport = "web"};
    expect_answer(facts, with_secret_, "WELCOME ann ");
    expect_answer(facts, "ann secret=wrong", "ERR login-refused ");
    expect_answer(facts, "zoe secret=wrong", "ERR login-refused ");
    facts.common_name = "dan";
    expect_answer(facts, "dan", "ERR login-refused ");
    facts.transport = "tls";
    expect_answer(facts, "dan", "WELCOME dan ");
}

TEST_F(AWebLogin, WithASecretNeedsTlsBeyondThisMachine) {
    const std::string loopback{"\x7f\0\0\1", 4};
    const ProxyFacts far{.transport = "web", .is_encrypted = false};
    expect_answer(far, with_secret_, "ERR tls-required ");
    const ProxyFacts forwarded{.transport = "web", .local = loopback, .is_encrypted = false};
    expect_answer(forwarded, with_secret_, "WELCOME ann ");
    const ProxyFacts own{.transport = "web", .peer = far.local, .is_encrypted = false};
    expect_answer(own, with_secret_, "WELCOME ann ");
    RawClient browser{server_.web_port(), WebOptions{}};
    browser.send("LOGIN " + with_secret_ + "\r\n");
    browser.expect_verb("WELCOME");
}

}  // namespace
}  // namespace belfry::test

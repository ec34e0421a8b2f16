#include "tests/support/failure.hpp"
#include "tests/support/gate_test.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/key_traces.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/running_gate.hpp"
#include "wire/proxy_header.hpp"

#include <poll.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

/// A relay of the web port, whose client and session the test plays.
namespace belfry::test {
namespace {

const std::string http_1_1 = "\x08http/1.1";
const std::string h2 = "\x02h2";

class WebRelay : public GateTest {
  protected:
    /// How the port is, and whether the gate has a certificate.
    enum class Port { plain, plain_with_certificate, tls };

    [[nodiscard]] static RunningGate start(Port port, std::vector<std::string> more = {}) {
        if (port == Port::plain) return RunningGate{GatePort::web, std::move(more)};
        if (port == Port::plain_with_certificate) more.insert(more.end(), {"--web-tls", "off"});
        return RunningGate{GatePort::web, std::move(more), server()};
    }
    [[nodiscard]] static HttpClient connect(const RunningGate& gate, Port port) {
        return port == Port::tls ? HttpClient{gate.port(), tls()} : HttpClient{gate.port()};
    }

    /// Opens the WebSocket. @return its session and the PROXY header
    static std::pair<PlayedSession, std::string> open(RunningGate& gate, HttpClient& client,
                                                      const std::string& fields = "") {
        EXPECT_EQ(client.get("/ws", upgrade_fields() + fields).status, 101);
        PlayedSession session = gate.accept();
        std::string header = session.read_header();
        return {std::move(session), std::move(header)};
    }

    /// Expects a frame of a server with these contents, which are short.
    static void expect_frame(HttpClient& client, int opcode, const std::string& payload) {
        const std::string head{static_cast<char>(opcode), static_cast<char>(payload.size())};
        EXPECT_EQ(client.read_bytes(2 + payload.size()), head + payload);
    }

    static inline const std::vector<Port> all_ports{Port::plain, Port::plain_with_certificate,
                                                    Port::tls};
};

TEST_F(WebRelay, CarriesBytesBothWays) {
    for (const Port port : all_ports) {
        RunningGate gate = start(port);
        HttpClient client = connect(gate, port);
        auto [session, header] = open(gate, client);
        client.send(masked_frame(0x82, "LOGIN ann\r\n"));
        EXPECT_EQ(session.read(11), "LOGIN ann\r\n");
        session.send("WELCOME ann\r\n");
        expect_frame(client, 0x82, "WELCOME ann\r\n");
        client.send(masked_frame(0x81, "PING a\r\n"));
        EXPECT_EQ(session.read(8), "PING a\r\n");
        session.send("BYE quit\r\n");
        session.shutdown_sending();
        expect_frame(client, 0x82, "BYE quit\r\n");
        expect_frame(client, 0x88, "\x03\xe8quit");
        EXPECT_EQ(session.read_to_the_end(), "");
        client.send(masked_frame(0x88, "\x03\xe8"));
        EXPECT_EQ(client.read_to_the_end(), "") << "TLS ends with close_notify";
    }
}

TEST_F(WebRelay, CarriesMuchBothWays) {
    for (const Port port : all_ports) {
        RunningGate gate = start(port);
        HttpClient client = connect(gate, port);
        auto [session, header] = open(gate, client);
        std::string much;
        for (int number = 0; much.size() < 3'000'000; ++number) much += std::to_string(number);
        const std::string frame = masked_frame(0x82, much);
        std::string up;
        for (std::size_t at = 0; at < frame.size(); at += 50'000) {
            client.send(std::string_view{frame}.substr(at, 50'000));
            up += session.read(std::min<std::size_t>(40'000, much.size() - up.size()));
        }
        up += session.read(much.size() - up.size());
        EXPECT_TRUE(up == much);
        std::string down;
        for (std::size_t at = 0; at < much.size(); at += 50'000) {
            session.send(std::string_view{much}.substr(at, 50'000));
            while (down.size() < std::min(at + 50'000, much.size())) {
                const std::string head = client.read_bytes(2);
                ASSERT_EQ(head[0], '\x82');
                std::size_t size = static_cast<unsigned char>(head[1]);
                const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
                if (more > 0) size = 0;
                for (const char byte : client.read_bytes(more)) {
                    size = size << 8 | static_cast<unsigned char>(byte);
                }
                down += client.read_bytes(size);
            }
        }
        EXPECT_TRUE(down == much);
    }
}

TEST_F(WebRelay, TellsBelfrydWhoTheClientIs) {
    for (const Port port : all_ports) {
        RunningGate gate = start(port);
        HttpClient client = connect(gate, port);
        const auto [session, header] = open(gate, client, "X-Forwarded-For: 192.0.2.7\r\n");
        const auto parsed = wire::parse_proxy_header(header);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(address_text(parsed->header.peer), "127.0.0.1");
        EXPECT_EQ(parsed->header.local.port, gate.port());
        EXPECT_EQ(parsed->header.transport, wire::ProxyTransport::web);
        ASSERT_EQ(parsed->header.tls.has_value(), port == Port::tls);
        if (port == Port::tls) {
            EXPECT_EQ(parsed->header.tls->version, "TLSv1.3");
        }
        ASSERT_EQ(gate.relays().size(), 1U);
        EXPECT_EQ(title_of(gate.relays().at(0)), "belfry-gate: web for 127.0.0.1");
    }
}

TEST_F(WebRelay, TakesThePeerFromTheProxyAlone) {
    RunningGate gate = start(Port::plain, {"--web-proxy", "127.0.0.1"});
    HttpClient client = connect(gate, Port::plain);
    const auto [session, header] = open(gate, client, "X-Forwarded-For: 8.8.8.8, 192.0.2.7\r\n");
    EXPECT_EQ(address_text(wire::parse_proxy_header(header)->header.peer), "192.0.2.7");
    EXPECT_EQ(title_of(gate.relays().at(0)), "belfry-gate: web for 192.0.2.7");
}

TEST_F(WebRelay, OfAProxyIsNotLimitedBySource) {
    RunningGate gate = start(Port::plain, {"--web-proxy", "127.0.0.1"});
    for (int count = 0; count < 400; ++count) {
        HttpClient client = connect(gate, Port::plain);
        ASSERT_EQ(client.get("/healthz", "Connection: close\r\n").status, 200) << count;
        static_cast<void>(gate.accept());
    }
}

TEST_F(WebRelay, AsksNoBrowserForACertificate) {
    RunningGate gate = start(Port::tls, {"--tls-client-ca", certificates().authority()});
    TlsOptions options = tls();
    options.own = certificates().client("ann");
    HttpClient client{gate.port(), options};
    const auto [session, header] = open(gate, client);
    EXPECT_EQ(wire::parse_proxy_header(header)->header.tls->common_name, "");
    auto& connection = dynamic_cast<TlsConnection&>(client.connection());
    EXPECT_EQ(::SSL_get0_peer_CA_list(connection.tls()), nullptr);
}

TEST_F(WebRelay, ChoosesHttp11OfTheProtocolsThatABrowserOffers) {
    RunningGate gate = start(Port::tls);
    const auto chosen_of = [&](const std::string& offered) {
        TlsOptions options = tls();
        options.protocols = offered;
        HttpClient client{gate.port(), options};
        EXPECT_EQ(client.get("/healthz").status, 200);
        const unsigned char* name = nullptr;
        unsigned size = 0;
        ::SSL_get0_alpn_selected(dynamic_cast<TlsConnection&>(client.connection()).tls(), &name,
                                 &size);
        return std::string{reinterpret_cast<const char*>(name), size};
    };
    EXPECT_EQ(chosen_of(h2 + http_1_1), "http/1.1");
    EXPECT_EQ(chosen_of(h2), "");
    EXPECT_EQ(chosen_of(""), "");
}

TEST_F(WebRelay, TellsBrowsersToStayEncryptedOnlyIfTheyAre) {
    for (const Port port : all_ports) {
        RunningGate gate = start(port);
        HttpClient client = connect(gate, port);
        const auto answer = client.get("/healthz");
        EXPECT_EQ(answer.field("strict-transport-security"),
                  port == Port::tls ? "max-age=31536000" : "");
        const std::string socket = port == Port::tls ? " wss://" : " ws://";
        EXPECT_NE(answer.field("content-security-policy").find(socket + client.host() + ";"),
                  std::string::npos);
    }
}

TEST_F(WebRelay, HasNoKeyAndNoSecretOfItsClient) {
    const auto traces = traces_of_key(server().key);
    const std::string line = "LOGIN ann secret=" + std::string(100, 'q') + "\r\n";
    for (const Port port : all_ports) {
        RunningGate gate = start(port);
        HttpClient client = connect(gate, port);
        auto [session, header] = open(gate, client);
        client.send(masked_frame(0x82, line));
        EXPECT_EQ(session.read(line.size()), line);
        session.send("WELCOME ann\r\n");
        expect_frame(client, 0x82, "WELCOME ann\r\n");
        const std::string memory = memory_of(gate.relays().at(0));
        EXPECT_TRUE(has(memory, "WELCOME ")) << "the search finds nothing";
        EXPECT_FALSE(has(memory, std::string(20, 'q')));
        EXPECT_TRUE(std::ranges::none_of(
            traces, [&](const std::string& trace) { return has(memory, trace); }));
    }
}

TEST_F(WebRelay, HasNoSecretThatFollowedTheRequestAtOnce) {
    const std::string line = "LOGIN ann secret=" + std::string(100, 'q') + "\r\n";
    RunningGate gate = start(Port::plain);
    HttpClient client = connect(gate, Port::plain);
    std::string frames = masked_frame(0x82, line);
    // A mask of zeros, so that the secret itself would be found.
    frames.replace(2, std::string::npos, std::string(4, '\0') + line);
    client.send("GET /ws HTTP/1.1\r\nHost: " + client.host() + "\r\n" + upgrade_fields() + "\r\n" +
                frames);
    EXPECT_EQ(client.read().status, 101);
    PlayedSession session = gate.accept_client();
    EXPECT_EQ(session.read(line.size()), line);
    session.send("WELCOME ann\r\n");
    expect_frame(client, 0x82, "WELCOME ann\r\n");
    const std::string memory = memory_of(gate.relays().at(0));
    EXPECT_TRUE(has(memory, "WELCOME ")) << "the search finds nothing";
    EXPECT_FALSE(has(memory, std::string(20, 'q')));
}

TEST_F(WebRelay, HasNoKeyWhileItServesThePage) {
    const auto traces = traces_of_key(server().key);
    RunningGate gate = start(Port::plain_with_certificate);
    HttpClient client = connect(gate, Port::plain_with_certificate);
    EXPECT_EQ(client.get("/healthz").status, 200);
    const std::string memory = memory_of(gate.relays().at(0));
    EXPECT_TRUE(has(memory, "HTTP/1.1 200")) << "the search finds nothing";
    EXPECT_TRUE(
        std::ranges::none_of(traces, [&](const std::string& trace) { return has(memory, trace); }));
}

TEST_F(WebRelay, IsInItsSandboxWithItsTwoSocketsAlone) {
    for (const Port port : all_ports) {
        RunningGate gate = start(port);
        HttpClient client = connect(gate, port);
        auto [session, header] = open(gate, client);
        session.send("WELCOME ann\r\n");
        expect_frame(client, 0x82, "WELCOME ann\r\n");
        const std::filesystem::path proc = "/proc/" + std::to_string(gate.relays().at(0));
        const std::string status = read_file(proc / "status");
        EXPECT_NE(status.find("\nSeccomp:\t2\n"), std::string::npos) << status;
        EXPECT_NE(status.find("\nNoNewPrivs:\t1\n"), std::string::npos) << status;
        std::size_t sockets = 0;
        for (const auto& entry : std::filesystem::directory_iterator{proc / "fd"}) {
            const std::string target = std::filesystem::read_symlink(entry.path());
            if (std::stoi(entry.path().filename()) > 2 && target.starts_with("socket:")) ++sockets;
        }
        EXPECT_EQ(sockets, 2U);
    }
}

TEST_F(WebRelay, AnswersWhatIsNoTlsWithNothing) {
    RunningGate gate = start(Port::tls);
    HttpClient client{gate.port()};
    client.send("GET / HTTP/1.1\r\nHost: " + client.host() + "\r\n\r\n");
    EXPECT_FALSE(client.read_to_the_end().starts_with("HTTP"));
}

TEST_F(WebRelay, LetsTheSessionHandleWhatCameBeforeTheEndOfTheClient) {
    RunningGate gate = start(Port::plain);
    HttpClient client = connect(gate, Port::plain);
    auto [session, header] = open(gate, client);
    client.send(masked_frame(0x82, "SEND 1 5\r\nhello\r\n") + masked_frame(0x88, "\x03\xe8"));
    expect_frame(client, 0x88, "\x03\xe8");
    session.send("SENT 1 1\r\n");
    EXPECT_EQ(session.read_to_the_end(), "SEND 1 5\r\nhello\r\n");
    session.send("BYE quit\r\n");
    session.close();
    EXPECT_EQ(client.read_to_the_end(), "");
}

TEST_F(WebRelay, HoldsItsSessionBackBeforeAPingWouldBeLongUnderWay) {
    // A ping follows all bytes that the kernel has taken, and a slow client must answer it in time.
    constexpr std::size_t too_much = std::size_t{2} << 20;
    constexpr int blocked_ms = 500;
    RunningGate gate = start(Port::plain);
    HttpClient client{gate.port(), 4096};
    auto [session, header] = open(gate, client);
    const std::string much(1 << 16, 'x');
    std::size_t taken = 0;
    pollfd writable{session.fd(), POLLOUT, 0};
    while (taken < too_much && ::poll(&writable, 1, blocked_ms) == 1) {
        taken += session.send_some(much);
    }
    EXPECT_LT(taken, too_much);
}

TEST_F(WebRelay, EndsWithItsSessionEvenIfTheClientReadsNothing) {
    RunningGate gate = start(Port::plain);
    HttpClient client{gate.port(), 4096};
    auto [session, header] = open(gate, client);
    const std::string much(1 << 20, 'x');
    while (session.send_some(much) > 0) {
    }
    session.close();
    EXPECT_TRUE(eventually([&] { return gate.relays().empty(); }));
}

}  // namespace
}  // namespace belfry::test

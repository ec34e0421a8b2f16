#include "tests/support/certificates.hpp"
#include "tests/support/running_belfry.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tls_front.hpp"

#include <gtest/gtest.h>

#include <openssl/ssl.h>
#include <string>
#include <vector>

/// belfry speaks TLS, and verifies whom it speaks to.
namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

/// A front with this certificate, and the fake server behind it.
struct FrontedServer {
    explicit FrontedServer(KeyPair certificate, TlsFront::Options more = {})
        : front{with(std::move(more), std::move(certificate), server.port())} {}

    [[nodiscard]] Invocation belfry(const Words& more) const {
        return belfry_command(front.port(), more, Input::pipe());
    }

    static TlsFront::Options with(TlsFront::Options options, KeyPair certificate,
                                  std::uint16_t behind) {
        options.certificate = std::move(certificate);
        options.behind = behind;
        return options;
    }

    FakeServer server;
    TlsFront front;
};

class BelfryTls : public ::testing::Test {
  protected:
    static void SetUpTestSuite() { certificates = std::make_unique<Certificates>(); }
    static void TearDownTestSuite() { certificates.reset(); }

    [[nodiscard]] static std::string ca() { return certificates->authority().string(); }

    /// Runs belfry against a server that it must not talk to.
    static Result refused(const KeyPair& certificate, const Words& more) {
        const FrontedServer fronted{certificate};
        const Result result = run(fronted.belfry(more));
        EXPECT_EQ(result.status, 4);
        EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
        EXPECT_EQ(fronted.front.handshakes(), 0);
        return result;
    }

    static inline std::unique_ptr<Certificates> certificates;
};

TEST_F(BelfryTls, AServerWithACertificateOfATrustedAuthorityIsReachedByNameAndByAddress) {
    FrontedServer fronted{certificates->server()};
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        Process belfry{fronted.belfry({"--tls", "--tls-ca", ca(), "-server_ip", host})};
        EXPECT_EQ(serve_once(fronted.server, belfry), 0) << belfry.err();
        EXPECT_EQ(belfry.err(), "");
        EXPECT_EQ(fronted.front.last_name(), host == "localhost" ? host : "");
    }
}

TEST_F(BelfryTls, AnOptionForTlsTurnsItOnUnlessTheSwitchIsOff) {
    FrontedServer fronted{certificates->server()};
    Process with{fronted.belfry({"--tls-ca", ca()})};
    EXPECT_EQ(serve_once(fronted.server, with), 0);
    RunningBelfry without{{"--tls-ca", ca(), "--tls=false"}};
    auto session = without.server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    EXPECT_EQ(without.finish(session), 0);
}

TEST_F(BelfryTls, TheSystemsAuthoritiesAreTrustedByDefault) {
    FrontedServer fronted{certificates->server()};
    Invocation command = fronted.belfry({"--tls"});
    command.environment = {{"SSL_CERT_FILE", ca()}};
    Process belfry{command};
    EXPECT_EQ(serve_once(fronted.server, belfry), 0) << belfry.err();
}

TEST_F(BelfryTls, AnUnknownAuthorityIsRefused) {
    const Certificates others;
    const Result result = refused(others.server(), {"--tls", "--tls-ca", ca()});
    EXPECT_NE(result.err.find("unknown authority"), std::string::npos) << result.err;
    const Result by_system = refused(others.server(), {"--tls"});
    EXPECT_NE(by_system.err.find("unknown authority"), std::string::npos) << by_system.err;
}

TEST_F(BelfryTls, AnExpiredCertificateIsRefused) {
    const Result result = refused(certificates->server("expired", -1), {"--tls", "--tls-ca", ca()});
    EXPECT_NE(result.err.find("has expired"), std::string::npos) << result.err;
}

TEST_F(BelfryTls, ASelfSignedCertificateIsRefusedUnlessItIsTrustedItself) {
    const KeyPair own = certificates->self_signed("own");
    const Result result = refused(own, {"--tls", "--tls-ca", ca(), "-server_ip", "localhost"});
    EXPECT_NE(result.err.find("self-signed"), std::string::npos) << result.err;
    FrontedServer fronted{own};
    Process belfry{
        fronted.belfry({"--tls", "--tls-ca", own.certificate.string(), "-server_ip", "localhost"})};
    EXPECT_EQ(serve_once(fronted.server, belfry), 0) << belfry.err();
}

TEST_F(BelfryTls, TheCertificateMustMatchTheNameOfTheServerOrTheGivenName) {
    const KeyPair server = certificates->server();
    for (const std::string name : {"belfry.example", "192.0.2.7"}) {
        const Result result = refused(server, {"--tls-ca", ca(), "--tls-name", name});
        EXPECT_NE(result.err.find("does not match the name " + name), std::string::npos)
            << result.err;
    }
    // Its names are localhost and addresses of this machine, but not this one.
    const Result by_address = refused(server, {"--tls-ca", ca(), "-server_ip", "127.0.0.2"});
    EXPECT_NE(by_address.err.find("127.0.0.2"), std::string::npos) << by_address.err;
}

TEST_F(BelfryTls, AClientShowsItsCertificate) {
    TlsFront::Options options;
    options.client_authority = certificates->authority();
    FrontedServer fronted{certificates->server(), options};
    const KeyPair ann = certificates->client("ann");
    Process belfry{fronted.belfry(
        {"--tls-ca", ca(), "--tls-cert", ann.certificate.string(), "--tls-key", ann.key.string()})};
    EXPECT_EQ(serve_once(fronted.server, belfry), 0) << belfry.err();
    EXPECT_EQ(fronted.front.last_client(), "ann");
    const Result without = run(fronted.belfry({"--tls-ca", ca()}));
    EXPECT_EQ(without.status, 4);
    EXPECT_NE(without.err.find("certificate required"), std::string::npos) << without.err;
}

TEST_F(BelfryTls, AFileThatCannotBeUsedIsAUsageErrorThatNamesIt) {
    const KeyPair ann = certificates->client("ann");
    const KeyPair bob = certificates->client("bob");
    const std::string cert = ann.certificate.string();
    const std::vector<std::pair<Words, std::string>> cases{
        {{"--tls-ca", "/nonexistent/ca.pem"}, "/nonexistent/ca.pem: No such file or directory"},
        {{"--tls-ca", ann.key.string()}, ann.key.string()},
        {{"--tls-cert", "/dev/null", "--tls-key", ann.key.string()}, "/dev/null"},
        {{"--tls-cert", cert, "--tls-key", "/nonexistent/key.pem"},
         "/nonexistent/key.pem: No such file or directory"},
        {{"--tls-cert", cert, "--tls-key", bob.key.string()}, bob.key.string()},
        {{"--tls-cert", cert}, "--tls-key"},
        {{"--tls-key", ann.key.string()}, "--tls-cert"},
    };
    for (const auto& [words, expected] : cases) {
        const Result result = run(belfry_command(1, words));
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
        EXPECT_NE(result.err.find(expected), std::string::npos) << result.err;
    }
}

TEST_F(BelfryTls, Tls12IsTheOldestVersion) {
    for (const int version : {TLS1_2_VERSION, TLS1_1_VERSION}) {
        TlsFront::Options options;
        options.newest_version = version;
        FrontedServer fronted{certificates->server(), options};
        Process belfry{fronted.belfry({"--tls-ca", ca()})};
        if (version == TLS1_2_VERSION) {
            EXPECT_EQ(serve_once(fronted.server, belfry), 0) << belfry.err();
        } else {
            EXPECT_EQ(belfry.wait(), 4);
            EXPECT_EQ(fronted.front.handshakes(), 0);
        }
    }
}

TEST_F(BelfryTls, AServerWithoutTlsIsCalledThat) {
    RunningBelfry belfry{{"--tls"}};
    auto session = belfry.server.accept();
    session.say("ERR login-first - the first line must be LOGIN\r\n");
    EXPECT_EQ(belfry.process.wait(), 4);
    EXPECT_NE(belfry.process.err().find("does not speak TLS; connect without --tls?"),
              std::string::npos)
        << belfry.process.err();
}

TEST_F(BelfryTls, AServerThatClosesWithoutAnAnswerToTheHandshakeMayNotSpeakTls) {
    RunningBelfry belfry{{"--tls"}};
    belfry.server.accept().close();
    EXPECT_EQ(belfry.process.wait(), 4);
    EXPECT_NE(belfry.process.err().find("does the server speak TLS?"), std::string::npos)
        << belfry.process.err();
}

TEST_F(BelfryTls, AServerThatExpectsTlsIsCalledThat) {
    {
        RunningBelfry belfry;
        auto session = belfry.server.accept();
        session.say(std::string_view{"\x15\x03\x01\x00\x02\x02\x46", 7});
        EXPECT_EQ(belfry.process.wait(), 4);
        EXPECT_NE(belfry.process.err().find("seems to expect TLS; use --tls"), std::string::npos)
            << belfry.process.err();
    }
    const FrontedServer fronted{certificates->server()};
    const Result result = run(fronted.belfry({}));
    EXPECT_EQ(result.status, 4);
    EXPECT_NE(result.err.find("TLS"), std::string::npos) << result.err;
}

TEST_F(BelfryTls, AHandshakeThatComesByteByByteSucceeds) {
    TlsFront::Options options;
    options.write_size = 1;
    FrontedServer fronted{certificates->server(), options};
    Process belfry{fronted.belfry({"--tls-ca", ca()})};
    EXPECT_EQ(serve_once(fronted.server, belfry), 0) << belfry.err();
}

TEST_F(BelfryTls, MessagesOfAllSizesPassInBothDirections) {
    FrontedServer fronted{certificates->server()};
    Process belfry{fronted.belfry({"--tls-ca", ca(), "--json"})};
    FakeSession session = fronted.server.accept();
    session.let_in(0, 0, "epoch=a1 max-payload=16777216");
    std::string received;
    std::uint64_t id = 0;
    for (const std::size_t size : {0, 1, 16384, 16385, 65536, 1000003}) {
        const std::string text(size, 'x');
        belfry.write(text + "\n");
        session.expect_send(id + 1, text);
        ++id;
        session.say("SENT " + std::to_string(id) + " " + std::to_string(2 * id - 1) + "\r\n" +
                    "MSG " + std::to_string(2 * id) + " bob 1 " + std::to_string(size) + "\r\n" +
                    text + "\r\n");
        while (!session.line().ends_with(" " + std::to_string(2 * id))) {
        }
    }
    session.say("LIVE 12\r\n");
    belfry.close_input();
    session.let_go();
    EXPECT_EQ(belfry.wait(), 0) << belfry.err();
    EXPECT_EQ(lines_of(belfry.out()).size(), 6u);
}

}  // namespace
}  // namespace belfry::test

#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tls_client.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

/// belfryd starts belfry-gate for TLS, watches it, and goes on with its relays.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

/// A server that also accepts TLS connections, with the first client over TLS.
class AGate : public ::testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> tls_options() const {
        return {"--tls-port",      "0", "--tls-cert", pair_.certificate.string(), "--tls-key",
                pair_.key.string()};
    }

    [[nodiscard]] TlsClient connect() const {
        return TlsClient{{.port = server_.tls_port(), .authority = certificates_.authority()}};
    }

    [[nodiscard]] TlsClient log_in(std::string_view client_id) const {
        TlsClient client = connect();
        static_cast<void>(client->log_in_live(client_id));
        return client;
    }

    [[nodiscard]] pid_t gate() const { return server_.status().at("gate").at("pid").get<pid_t>(); }

    /// Waits until another gate than this one runs, and returns it.
    [[nodiscard]] pid_t gate_after(pid_t former) const {
        EXPECT_TRUE(eventually([&] { return gate() != former && gate() != 0; }));
        return gate();
    }

    [[nodiscard]] std::vector<pid_t> relays() const { return server_.relays(); }

    /// Puts another certificate in the place of the one that the server uses, and reloads.
    void replace_certificate(const KeyPair& other) const {
        fs::rename(other.certificate, pair_.certificate);
        fs::rename(other.key, pair_.key);
        ::kill(server_.pid(), SIGHUP);
    }

    void expect_logged(const std::string& part) const {
        EXPECT_TRUE(server_.will_say(part)) << "not logged: " << part << "\n" << server_.errors();
    }

    Certificates certificates_;
    KeyPair pair_ = certificates_.server();
    Server server_{{.more = tls_options()}};
};

TEST_F(AGate, GivesTlsClientsTheSameSessionsAsOthers) {
    TlsClient one = log_in("1");
    RawClient two = server_.log_in("2");
    two.send("SAY hello\r\n");
    one->expect_message(1, "2", "hello");
    const auto status = server_.client_status("1");
    EXPECT_EQ(status.at("transport"), "tls");
    EXPECT_TRUE(status.at("peer").get<std::string>().starts_with("127.0.0.1:")) << status;
    expect_logged("client 1 logged in from 127.0.0.1:");
    EXPECT_EQ(relays().size(), 1U);
    EXPECT_EQ(one->quit().size(), 0U);
    EXPECT_TRUE(eventually([&] { return relays().empty(); }));
}

TEST_F(AGate, AStopTellsItsClientsAndLeavesNothing) {
    TlsClient one = log_in("1");
    struct stat facts {};
    ASSERT_EQ(::stat((server_.data_dir() / "gate.sock").c_str(), &facts), 0);
    EXPECT_TRUE(S_ISSOCK(facts.st_mode));
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(server_.stop(), 0) << server_.errors();
    one->expect("BYE shutting-down");
    one->expect_closed();
    EXPECT_TRUE(eventually([&] { return server_.all_processes().empty(); }));
    EXPECT_FALSE(fs::exists(server_.data_dir() / "gate.sock"));
}

TEST_F(AGate, AnInterruptOfTheProcessGroupStopsItsServerCleanly) {
    TlsClient one = log_in("1");
    ::kill(-server_.pid(), SIGINT);
    one->expect("BYE shutting-down");
    one->expect_closed();
    EXPECT_TRUE(eventually([&] { return !server_.is_running(); }));
    EXPECT_TRUE(eventually([&] { return server_.all_processes().empty(); }));
}

TEST_F(AGate, ThatIsKilledDisconnectsNobodyAndIsStartedAgain) {
    TlsClient one = log_in("1");
    RawClient two = server_.log_in("2");
    for (int kills = 0; kills < 5; ++kills) {
        const pid_t former = gate();
        ::kill(former, SIGKILL);
        two.send("SAY hello\r\n");
        one->expect_verb("MSG");
        static_cast<void>(gate_after(former));
        TlsClient three = log_in("3");
        three->send("SAY hello\r\n");
        one->expect_verb("MSG");
        three->quit();
    }
    expect_logged("the gate was killed; starting another one");
}

TEST_F(AGate, TakesConnectionsThatCameWhileNoneRan) {
    const pid_t stopped = gate();
    ::kill(stopped, SIGSTOP);
    TlsClient waiting = connect();
    waiting->send("LOGIN 1\r\n");
    ::kill(stopped, SIGKILL);
    waiting->expect_verb("WELCOME");
}

TEST_F(AGate, TheEndOfARelayDisconnectsItsOwnClientAlone) {
    TlsClient one = log_in("1");
    const auto relay_of_one = relays();
    ASSERT_EQ(relay_of_one.size(), 1U);
    TlsClient two = log_in("2");
    ::kill(relay_of_one.front(), SIGKILL);
    EXPECT_FALSE(one->next_or_end());
    two->expect_pong();
    EXPECT_TRUE(eventually([&] { return !server_.client_status("1").at("online").get<bool>(); }));
    TlsClient again = log_in("1");
    again->send("SAY hello\r\n");
    two->expect_verb("MSG");
}

TEST_F(AGate, OfAKilledServerEndsAndTheNextServerTakesItsPortAndItsClients) {
    TlsClient one = log_in("1");
    const auto port = server_.tls_port();
    const pid_t former = gate();
    ::kill(former, SIGSTOP);  // so that it cannot exit by itself
    server_.kill_supervisor();
    EXPECT_TRUE(is_alive(former));
    server_.start();
    EXPECT_EQ(server_.tls_port(), port);
    EXPECT_FALSE(is_alive(former));
    TlsClient two = log_in("2");
    two->send("SAY hello\r\n");
    one->expect_message(1, "2", "hello");
    EXPECT_EQ(server_.client_status("1").at("transport"), "tls");
    EXPECT_EQ(server_.stop(), 0);
    one->expect("BYE shutting-down");
}

TEST_F(AGate, EndsWithItsSupervisorWhileItsRelaysGoOn) {
    TlsClient one = log_in("1");
    const pid_t former = gate();
    server_.kill_supervisor();
    EXPECT_TRUE(eventually([&] { return !is_alive(former); }));
    one->expect_pong();
    EXPECT_EQ(server_.belfryctl({"stop"}).status, 0);
    one->expect("BYE shutting-down");
    one->expect_closed();
    EXPECT_TRUE(eventually([&] { return server_.all_processes().empty(); }));
    EXPECT_FALSE(fs::exists(server_.data_dir() / "gate.sock"));
}

TEST_F(AGate, IsEndedByAServerWithoutTlsThatTakesOver) {
    TlsClient one = log_in("1");
    const pid_t former = gate();
    ::kill(former, SIGSTOP);
    server_.kill_supervisor();
    Invocation plain = server_.command();
    const auto options = tls_options();
    plain.arguments.resize(plain.arguments.size() - options.size());
    server_.start(plain);
    EXPECT_EQ(server_.tls_port(), 0);
    EXPECT_FALSE(is_alive(former));
    EXPECT_FALSE(fs::exists(server_.data_dir() / "gate.sock"));
    one->expect_pong();
}

TEST_F(AGate, UsesARenewedCertificateAfterAReload) {
    const auto expires = server_.status().at("gate").at("certificate_expires");
    TlsClient one = log_in("1");
    replace_certificate(certificates_.server("renewed", 60));
    expect_logged("reloaded the certificate " + pair_.certificate.string());
    EXPECT_GT(server_.status().at("gate").at("certificate_expires"), expires);
    static_cast<void>(log_in("2"));
    one->expect_pong();
    EXPECT_EQ(server_.errors().find("expires on"), server_.errors().rfind("expires on"));
}

TEST_F(AGate, KeepsItsCertificateIfTheNextOneCannotBeUsed) {
    const auto expires = server_.status().at("gate").at("certificate_expires");
    const TempDir dir;
    replace_certificate(
        {dir.write("torn.pem", "-----BEGIN CERTIFICATE-----\nMII"), dir.write("torn.key", "")});
    expect_logged("the gate keeps its certificate: ");
    EXPECT_EQ(server_.status().at("gate").at("certificate_expires"), expires);
    static_cast<void>(log_in("1"));
}

TEST_F(AGate, WarnsOfACertificateThatExpiresSoon) {
    EXPECT_EQ(server_.errors().find("warning"), std::string::npos) << server_.errors();
    replace_certificate(certificates_.server("short", 3));
    expect_logged("warning: the certificate " + pair_.certificate.string() + " expires on ");
}

TEST_F(AGate, ThatCannotUseItsFilesAnyMoreIsTriedAgainUntilItCan) {
    const fs::path kept = certificates_.authority().parent_path() / "kept.pem";
    fs::rename(pair_.certificate, kept);
    ::kill(gate(), SIGKILL);
    expect_logged("the gate cannot start: ");
    fs::rename(kept, pair_.certificate);
    static_cast<void>(log_in("1"));
    const std::string log = server_.errors();
    EXPECT_EQ(log.find("cannot start"), log.rfind("cannot start")) << log;
}

TEST_F(AGate, AcceptsItsRelaysOnlyWithAHeader) {
    RawClient relay = connect_as_relay(server_.data_dir());
    relay.send(proxy_header() + "LOGIN 1\r\n");
    relay.expect_verb("WELCOME");
    EXPECT_EQ(server_.client_status("1").at("peer"), "192.0.2.7:40000");
    for (const std::string& bytes :
         {std::string{"LOGIN 2\r\n"},
          std::string{"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nLOGIN 2\r\n"},
          proxy_header().substr(0, 20), std::string(600, 'x')}) {
        RawClient other = connect_as_relay(server_.data_dir());
        other.send(bytes);
        EXPECT_FALSE(other.next_or_end());
    }
    relay.expect_verb("LIVE");
    relay.expect_pong();
}

TEST_F(AGate, HasItsRelaysClosedWithoutALineWhileNoDescriptorIsLeft) {
    const auto limit_descriptors = [&](std::size_t limit) {
        const Result result = run(
            {"/usr/bin/prlimit",
             {"--pid", std::to_string(server_.pid()), "--nofile=" + std::to_string(limit) + ":"}});
        ASSERT_EQ(result.status, 0) << result.err;
    };
    RawClient online = server_.log_in("2");
    limit_descriptors(open_descriptors(server_.pid()));
    for (int count = 0; count < 3; ++count) {
        RawClient refused = connect_as_relay(server_.data_dir());
        EXPECT_FALSE(refused.next_or_end());
    }
    expect_logged("no file descriptor is left for another connection");
    online.expect_pong();
    limit_descriptors(1000);
    TlsClient one = log_in("1");
    one->expect_pong();
}

TEST_F(AGate, WithoutUsableFilesKeepsItsServerFromStarting) {
    EXPECT_EQ(server_.stop(), 0);
    fs::rename(certificates_.server("expired", -1).certificate, pair_.certificate);
    Invocation command = server_.command();
    const Result failed = run(command);
    EXPECT_EQ(failed.status, 2);
    EXPECT_EQ(failed.out, "");
    EXPECT_EQ(std::ranges::count(failed.err, '\n'), 1) << failed.err;
    EXPECT_TRUE(failed.err.starts_with("belfryd: ")) << failed.err;
    EXPECT_NE(failed.err.find(pair_.certificate.string()), std::string::npos) << failed.err;
    EXPECT_FALSE(server_.segment());
    EXPECT_FALSE(fs::exists(server_.data_dir() / "gate.sock"));

    command.arguments.emplace_back("--check");
    const Result checked = run(command);
    EXPECT_EQ(checked.status, 2);
    EXPECT_EQ(checked.out, "");
    EXPECT_EQ(std::ranges::count(checked.err, '\n'), 1) << checked.err;
}

TEST_F(AGate, TheCheckOfUsableFilesSucceeds) {
    Invocation command = server_.command();
    command.arguments.emplace_back("--check");
    const Result checked = run(command);
    EXPECT_EQ(checked.status, 0) << checked.err;
    EXPECT_EQ(checked.out, "configuration OK\n");
}

}  // namespace
}  // namespace belfry::test

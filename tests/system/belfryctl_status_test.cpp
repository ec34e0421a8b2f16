#include "tests/support/belfryctl.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <string>

/// `belfryctl status` shows the state of a running server.
namespace belfry::test {
namespace {

using nlohmann::json;

std::string version() {
    const std::string said = run({program("belfryd"), {"--version"}}).out;
    return said.substr(said.find(' ') + 1, said.find('\n') - said.find(' ') - 1);
}

TEST(Status, ShowsTrafficLagAndWhenAClientWasLastSeen) {
    const Server server;
    RawClient one = server.log_in("1");
    const std::uint64_t before = server.client_status("1").at("bytes_in");
    const std::string line = "SAY hello\r\n";
    one.send(line);
    const Frame sent = one.next();
    EXPECT_EQ(sent.verb, "SENT");
    const json client = server.client_status("1");
    EXPECT_EQ(client.at("bytes_in"), before + line.size());
    EXPECT_GT(client.at("bytes_out"), sent.line.size());
    EXPECT_GE(client.at("seen_ms"), client.at("connected_ms"));
    EXPECT_EQ(client.at("logins"), 1);
    EXPECT_EQ(client.at("version"), version());
    const json silent = server.client_status("2");
    EXPECT_EQ(silent.at("behind"), 1);
    EXPECT_EQ(silent.at("seen_ms"), 0);
    EXPECT_EQ(silent.at("bytes_in"), 0);
    EXPECT_EQ(silent.at("version"), "");
}

TEST(Status, CountsBytesThatArriveWithTheLogin) {
    const Server server;
    RawClient one = server.connect();
    const std::string bytes = "LOGIN 1\r\nSAY at once\r\n";
    one.send(bytes);
    one.read_until("SENT");
    EXPECT_EQ(server.client_status("1").at("bytes_in"), bytes.size());
}

/// Waits until the last session of client 1 has ended for the reason.
void expect_end(const Server& server, const std::string& reason) {
    EXPECT_TRUE(eventually([&] {
        const json ends = server.client_status("1").at("last_ends");
        return !ends.empty() && ends.at(0) == reason;
    })) << reason
        << " is not in " << server.client_status("1").dump();
}

TEST(Status, ShowsWhySessionsEnded) {
    const Server server;
    server.log_in("1").quit();
    expect_end(server, "quit");
    server.log_in("1").shutdown_sending();
    expect_end(server, "closed");
    server.log_in("1").reset();
    expect_end(server, "lost");
    {
        RawClient earlier = server.log_in("1");
        RawClient later = server.log_in("1");
        expect_end(server, "taken-over");
        ::kill(server.child_of("1"), SIGKILL);
        expect_end(server, "killed");
    }
    RawClient bad = server.log_in("1");
    bad.send("SEND 1 2\r\nabc\r\n");
    expect_end(server, "protocol");
    const std::vector<std::string> all{"protocol", "killed", "taken-over",
                                       "lost",     "closed", "quit"};
    EXPECT_EQ(server.client_status("1").at("last_ends"), all);
    for (const std::string& reason : all) {
        EXPECT_EQ(server.status().at("server").at("ends").at(reason), 1) << reason;
    }
    const std::string page = server.belfryctl({"status"}).out;
    EXPECT_TRUE(has(page, "ago, killed, taken-over, lost")) << page;
}

TEST(Status, ShowsUptimeVersionsAndConnections) {
    const Server server{{.durability = "commit"}};
    RawClient halting = server.connect();
    halting.send("LOGI");
    RawClient stranger = server.connect();
    stranger.send("LOGIN nobody\r\n");
    stranger.expect_error("unknown-client");
    const json status = server.status();
    EXPECT_EQ(status.at("server").at("refused_logins"), 1);
    EXPECT_GE(status.at("server").at("not_logged_in"), 1);
    EXPECT_EQ(status.at("server").at("port"), server.port());
    EXPECT_LT(status.at("server").at("uptime_s"), 3600);
    for (const std::string key : {"supervisor_version", "archiver_version"}) {
        EXPECT_TRUE(eventually([&] {
            return server.status().at("processes").at(key) == version();
        })) << key;
    }
}

TEST(Status, ShowsHowEachClientIsConnectedAndThatThereIsNoGate) {
    const Server server;
    const RawClient one = server.log_in("1");
    EXPECT_EQ(server.client_status("1").at("transport"), "tcp");
    const std::string peer = server.client_status("1").at("peer");
    EXPECT_TRUE(peer.starts_with("127.0.0.1:")) << peer;
    EXPECT_EQ(server.client_status("2").at("transport"), nullptr);
    EXPECT_EQ(server.client_status("2").at("peer"), nullptr);
    const json status = server.status();
    EXPECT_EQ(status.at("gate"), nullptr);
    EXPECT_EQ(status.at("connections"), (json{{"waiting", 0}, {"refused", 0}, {"limited", 0}}));
    EXPECT_TRUE(status.at("sandbox").at("seccomp").is_boolean());
}

TEST(Status, CountsArchiverRestarts) {
    const Server server{{.durability = "commit"}};
    ::kill(server.archiver(), SIGKILL);
    EXPECT_TRUE(
        eventually([&] { return server.status().at("processes").at("archiver_restarts") == 1; }));
    static_cast<void>(server.archiver());
}

TEST(Status, DoesNotCountConnectionsOfADeadServer) {
    Server server;
    RawClient halting = server.connect();
    halting.send("LOGI");
    const auto not_logged_in = [&server] {
        return server.status().at("server").at("not_logged_in").get<int>();
    };
    EXPECT_TRUE(eventually([&] { return not_logged_in() == 1; }));
    server.kill_all();
    EXPECT_EQ(not_logged_in(), 0);
}

TEST(Status, ShowsPeopleABarARateAndOneLinePerClient) {
    const Server server{{.client_ids = "alice,bob"}};
    RawClient alice = server.log_in("alice");
    alice.send("SAY one\r\nSAY two\r\n");
    alice.read_until_id(2);
    const std::string page = server.belfryctl({"status"}).out;
    for (const std::string part : {"server      up ", "ring        [=", " messages/s", "alice  ",
                                   "online", "offline", "1 of at most 1024 online"}) {
        EXPECT_TRUE(has(page, part)) << part << " is not in\n" << page;
    }
    EXPECT_GT(server.status().at("rates").at("short").at("messages_per_s"), 0);
}

}  // namespace
}  // namespace belfry::test

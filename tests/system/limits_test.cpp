#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <string>

/// The server refuses a login with too-many-clients above its limit, and without descriptors or
/// processes.
namespace belfry::test {
namespace {

void expect_too_many(RawClient& client) {
    client.expect_error("too-many-clients");
    client.expect_closed();
}

/// Logs in, and tries again until the server accepts the login.
RawClient log_in_eventually(const Server& server, const std::string& client_id) {
    std::optional<RawClient> client;
    const bool done = eventually([&] {
        client.emplace(server.port());
        client->send("LOGIN " + client_id + "\r\n");
        const auto frame = client->next_or_end();
        return frame && frame->verb == "WELCOME";
    });
    if (!done) throw Failure("client " + client_id + " cannot log in");
    client->read_until("LIVE");
    return *std::move(client);
}

TEST(Limits, AClientAboveMaxClientsIsRefused) {
    const Server server{{.more = {"--max-clients", "2"}}};
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    RawClient three = server.connect();
    three.send("LOGIN 3\r\n");
    expect_too_many(three);
    one.quit();
    RawClient now = log_in_eventually(server, "3");
    now.send("SAY made it\r\n");
    two.expect_message(1, "3", "made it");
}

TEST(Limits, AnOnlineClientMayAlwaysTakeOver) {
    const Server server{{.more = {"--max-clients", "2"}}};
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    RawClient again = server.log_in("1");
    one.expect("BYE taken-over");
    again.send("SAY taken\r\n");
    two.expect_message(1, "1", "taken");
}

TEST(Limits, ConnectionsWithoutALoginDoNotKeepAKnownClientOut) {
    const Server server{{.more = {"--max-clients", "4"}}};
    std::vector<RawClient> halting;
    for (int count = 0; count < 12; ++count) {
        halting.push_back(server.connect());
        halting.back().send("LOGI");
    }
    RawClient one = log_in_eventually(server, "1");
    RawClient two = log_in_eventually(server, "2");
    one.send("SAY through the crowd\r\n");
    two.expect_message(1, "1", "through the crowd");
}

/// Lowers a soft limit of a running server, and raises it again in the destructor. The program
/// prlimit does it as the server's user, because in a container even root may not do it for other
/// users.
class LoweredLimit {
  public:
    LoweredLimit(pid_t pid, std::optional<uid_t> user, std::string option, std::size_t left)
        : pid_{pid}, user_{user}, option_{std::move(option)} {
        set(std::to_string(left) + ":");
    }
    LoweredLimit(const LoweredLimit&) = delete;
    LoweredLimit& operator=(const LoweredLimit&) = delete;
    ~LoweredLimit() { set("1000:"); }

  private:
    void set(const std::string& limit) const {
        const Result result = run({.program = "/usr/bin/prlimit",
                                   .arguments = {"--pid", std::to_string(pid_), option_ + limit},
                                   .user = user_});
        EXPECT_EQ(result.status, 0) << result.err;
    }

    pid_t pid_;
    std::optional<uid_t> user_;
    std::string option_;
};

/// Expects that new clients are refused under the lowered limit, that clients which are online are
/// not affected, and that new clients can log in afterwards.
void expect_refused_with(const Server& server, std::optional<uid_t> user, const std::string& option,
                         std::size_t left) {
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    {
        const LoweredLimit lowered{server.pid(), user, option, left};
        for (int count = 0; count < 3; ++count) {
            RawClient refused = server.connect();
            refused.send("LOGIN 3\r\n");
            expect_too_many(refused);
        }
        one.send("SAY as before\r\n");
        two.expect_message(1, "1", "as before");
    }
    RawClient three = log_in_eventually(server, "3");
    three.expect_pong();
}

TEST(Limits, AServerWithoutFreeDescriptorsRefusesClientsAndKeepsRunning) {
    const Server server;
    expect_refused_with(server, {}, "--nofile=", open_descriptors(server.pid()));
}

TEST(Limits, ManyConnectionsDoNoHarmToAServerWithFewDescriptors) {
    const Server server;
    const LoweredLimit lowered{server.pid(), {}, "--nofile=", open_descriptors(server.pid()) + 2};
    std::vector<RawClient> silent;
    for (int count = 0; count < 30; ++count) silent.push_back(server.connect());
    RawClient one = log_in_eventually(server, "1");
    one.expect_pong();
}

TEST(Limits, AServerThatCannotForkRefusesClientsAndKeepsRunning) {
    // The limit on processes counts those of one user and does not bind root. So the server runs as
    // a user who has no other process.
    constexpr uid_t nobody_else = 61'234;
    ServerOptions options;
    if (::geteuid() == 0) options.user = nobody_else;
    const Server server{options};
    expect_refused_with(server, options.user, "--nproc=", 1);
}

}  // namespace
}  // namespace belfry::test

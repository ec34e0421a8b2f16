#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

/// A server or its supervisor is killed, and the next one starts on the same data directory.
namespace belfry::test {
namespace {

std::string text(std::uint64_t id) {
    return "message " + std::to_string(id);
}

TEST(Restart, AKilledServerKeepsMessagesCursorsSeqsAndEpoch) {
    Server server;
    RawClient one = server.connect();
    const std::string epoch = one.log_in("1").option("epoch");
    RawClient two = server.log_in("2", "ack=manual");
    for (std::uint64_t id = 1; id <= 1000; ++id) one.send_message(id * 2, text(id));
    one.read_until_id(1000);
    two.read_until_id(1000);
    two.send("ACK 400\r\n");
    two.expect_pong();
    server.kill_all();

    server.start();
    RawClient two_again = server.connect();
    const Frame welcome = two_again.log_in("2", "ack=manual");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("cursor"), "400");
    EXPECT_EQ(welcome.option("last"), "1000");
    for (std::uint64_t id = 401; id <= 1000; ++id) two_again.expect_message(id, "1", text(id));
    two_again.expect("LIVE 1000");

    RawClient one_again = server.connect();
    EXPECT_EQ(one_again.log_in("1").option("seq"), "2000");
    one_again.read_until("LIVE");
    one_again.send_message(2000, "again");
    one_again.expect("DUP 2000");
    one_again.send_message(2001, "new");
    one_again.expect("SENT 2001 1001");
    two_again.expect_message(1001, "1", "new");
}

TEST(Restart, ACleanStopWithoutAStoreBeginsANewEpoch) {
    Server server;
    RawClient one = server.connect();
    const std::string epoch = one.log_in("1").option("epoch");
    one.send("SAY gone with the log\r\n");
    one.read_until("SENT");
    EXPECT_EQ(server.stop(), 0);
    server.start();
    const Frame welcome = server.connect().log_in("1");
    EXPECT_NE(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("last"), "0");
    EXPECT_EQ(welcome.option("seq"), "0");
}

TEST(Restart, TheNextServerListensOnTheSamePort) {
    Server server;
    const auto port = server.port();
    server.kill_all();
    server.start();
    EXPECT_EQ(server.port(), port);
}

TEST(Restart, ManyKillsInARowLoseNoMessage) {
    Server server;
    for (std::uint64_t id = 1; id <= 10; ++id) {
        RawClient client = server.log_in("1");
        client.send_message(id, text(id));
        client.read_until_id(id);
        server.kill_all();
        server.start();
    }
    RawClient reader = server.connect();
    reader.log_in("2");
    for (std::uint64_t id = 1; id <= 10; ++id) reader.expect_message(id, "1", text(id));
    reader.expect("LIVE 10");
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
}

TEST(Restart, SessionsContinueWithoutASupervisor) {
    Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    server.kill_supervisor();
    for (std::uint64_t id = 1; id <= 100; ++id) {
        one.send_message(id, text(id));
        two.expect_message(id, "1", text(id));
    }
    one.read_until_id(100);
    EXPECT_EQ(server.children().size(), 2U);
}

TEST(Restart, TheNextSupervisorAdoptsTheSessions) {
    Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    const auto orphans = server.children();
    const int shmid = server.segment()->shmid;
    server.kill_supervisor();
    one.send("SAY nobody watches\r\n");
    two.expect_message(1, "1", "nobody watches");

    server.start();
    EXPECT_EQ(server.segment()->shmid, shmid);
    EXPECT_EQ(server.children(), orphans);
    RawClient three = server.connect();
    three.log_in("3");
    three.expect_message(1, "1", "nobody watches");
    three.expect("LIVE 1");
    three.send("SAY adopted\r\n");
    two.expect_message(2, "3", "adopted");
    one.read_until_id(2);
    EXPECT_EQ(server.attached(), 4U);

    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_EQ(two.next().line, "BYE shutting-down");
    EXPECT_TRUE(server.all_processes().empty());
    EXPECT_FALSE(server.segment());
}

TEST(Restart, TheDeathOfAnAdoptedSessionIsNoticed) {
    Server server;
    RawClient one = server.log_in("1");
    RawClient watcher = server.log_in("2", "presence=on");
    const pid_t orphan = server.child_of("1");
    server.kill_supervisor();
    server.start();
    ::kill(orphan, SIGKILL);
    watcher.expect("OFFLINE 1");
    EXPECT_FALSE(server.client_status("1").at("online").get<bool>());
    RawClient again = server.log_in("1");
    watcher.expect("ONLINE 1");
}

TEST(Restart, AnAdoptedSessionCanBeTakenOver) {
    Server server;
    RawClient earlier = server.log_in("1");
    server.kill_supervisor();
    server.start();
    RawClient later = server.log_in("1");
    earlier.expect("BYE taken-over");
    earlier.expect_closed();
    later.expect_pong();
    EXPECT_TRUE(eventually([&] { return server.children().size() == 1; }));
}

TEST(Restart, TheNextServerMayHaveOtherClients) {
    // A client that is no longer configured cannot log in, and a new one can.
    Server server{{.client_ids = "1,2"}};
    RawClient one = server.log_in("1");
    one.send("SAY for whoever comes\r\n");
    one.read_until("SENT");
    server.kill_all();
    Invocation next = server.command();
    std::ranges::replace(next.arguments, std::string{"1,2"}, std::string{"1,3"});
    server.start(next);
    RawClient refused = server.connect();
    refused.send("LOGIN 2\r\n");
    refused.expect_error("unknown-client");
    RawClient three = server.connect();
    three.log_in("3");
    three.expect_message(1, "1", "for whoever comes");
}

TEST(Restart, AnAdoptedSessionEndsIfItsClientIsNoLongerConfigured) {
    Server server{{.client_ids = "1,2"}};
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    server.kill_supervisor();
    Invocation next = server.command();
    std::ranges::replace(next.arguments, std::string{"1,2"}, std::string{"1"});
    server.start(next);
    two.expect("BYE shutting-down");
    two.expect_closed();
    RawClient refused = server.connect();
    refused.send("LOGIN 2\r\n");
    refused.expect_error("unknown-client");
    one.expect_pong();
}

TEST(Restart, AnAdoptedSegmentKeepsItsSizes) {
    Server server{{.more = {"--ring-size", "2M", "--max-payload", "1K"}}};
    server.kill_all();
    Invocation next = server.command();
    std::ranges::replace(next.arguments, std::string{"2M"}, std::string{"64M"});
    std::ranges::replace(next.arguments, std::string{"1K"}, std::string{"64K"});
    server.start(next);
    EXPECT_EQ(server.status().at("log").at("capacity_bytes"), 2 * 1024 * 1024);
    EXPECT_EQ(server.connect().log_in("1").option("max-payload"), "1024");
}

}  // namespace
}  // namespace belfry::test

#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

/// A client ends its session with QUIT or by closing its sending side (a half-close).
namespace belfry::test {
namespace {

std::string many_sends(int count) {
    std::string bytes;
    for (int seq = 1; seq <= count; ++seq) {
        bytes += "SEND " + std::to_string(seq) + " 5\r\nhello\r\n";
    }
    return bytes;
}

TEST(Closing, QuitIsAnsweredWithByeAndClosesTheConnection) {
    const Server server;
    RawClient client = server.log_in("1");
    EXPECT_TRUE(client.quit().empty());
}

TEST(Closing, QuitTakesEffectAfterEarlierCommandsAreAnswered) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send(many_sends(1000) + "PING last\r\nQUIT\r\nSAY too late\r\n");
    const auto frames = client.read_until("BYE");
    EXPECT_EQ(count_verb(frames, "SENT"), 1000U);
    EXPECT_EQ(count_verb(frames, "PONG"), 1U);
    EXPECT_EQ(frames.back().line, "BYE quit");
    client.expect_closed();
    EXPECT_EQ(server.connect().log_in("2").option("last"), "1000");
}

TEST(Closing, AHalfCloseTakesEffectAfterEarlierCommandsAreAnswered) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send(many_sends(1000) + "PING last\r\n");
    client.shutdown_sending();
    const auto frames = client.read_to_the_end();
    EXPECT_EQ(count_verb(frames, "SENT"), 1000U);
    EXPECT_EQ(count_verb(frames, "PONG"), 1U);
    client.expect_closed();
}

TEST(Closing, AHalfCloseRightAfterLoginStillGetsWelcome) {
    const Server server;
    RawClient client = server.connect();
    client.send("LOGIN 1\r\nSAY in one go\r\n");
    client.shutdown_sending();
    client.expect_verb("WELCOME");
    EXPECT_EQ(count_verb(client.read_to_the_end(), "SENT"), 1U);
    client.expect_closed();
}

TEST(Closing, AHalfCloseWithinALineDropsTheLine) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send("SAY whole\r\nSAY cut off");
    client.shutdown_sending();
    client.expect("SENT 1 1");
    client.read_to_the_end();
    EXPECT_EQ(server.connect().log_in("2").option("last"), "1");
}

TEST(Closing, AClientThatDisconnectedIsOffline) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    RawClient three = server.log_in("3");
    one.quit();
    two.reset();
    three.shutdown_sending();
    three.read_to_the_end();
    EXPECT_TRUE(eventually([&] {
        const auto status = server.status();
        for (const auto& client : status.at("clients")) {
            if (client.at("online").get<bool>()) return false;
        }
        return true;
    })) << server.status().dump(2);
    EXPECT_TRUE(eventually([&] { return server.sessions().empty(); }));
}

}  // namespace
}  // namespace belfry::test

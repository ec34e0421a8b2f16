#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

/// The cursor of a client across reconnections, with ack=auto, ack=manual and ACK.
namespace belfry::test {
namespace {

/// Client 2 appends `count` messages.
void append(const Server& server, int count) {
    RawClient sender = server.log_in("2");
    for (int number = 0; number < count; ++number) sender.send("SAY text\r\n");
    sender.quit();
}

std::string cursor_at_login(const Server& server, const std::string& client_id) {
    RawClient client = server.connect();
    const std::string cursor = client.log_in(client_id, "ack=manual").option("cursor");
    client.read_until("LIVE");
    client.quit();
    return cursor;
}

TEST(Cursor, MovesWithAckAutoAfterAMessageIsDelivered) {
    const Server server;
    append(server, 3);
    server.log_in("1").quit();
    EXPECT_EQ(cursor_at_login(server, "1"), "3");
}

TEST(Cursor, MovesWithAckAutoPastOwnMessagesToo) {
    const Server server;
    append(server, 3);
    EXPECT_EQ(cursor_at_login(server, "2"), "3");
}

TEST(Cursor, StaysWithAckManualUntilAnAck) {
    const Server server;
    append(server, 3);
    for (int login = 0; login < 2; ++login) {
        RawClient client = server.connect();
        EXPECT_EQ(client.log_in("1", "ack=manual").option("cursor"), "0");
        EXPECT_EQ(client.read_until_id(3).size(), 3U);
        client.expect("LIVE 3");
        client.quit();
    }
}

TEST(Cursor, MovesToTheIdOfAnAck) {
    const Server server;
    append(server, 5);
    RawClient client = server.log_in("1", "ack=manual");
    client.send("ACK 3\r\n");
    client.quit();
    RawClient again = server.connect();
    EXPECT_EQ(again.log_in("1", "ack=manual").option("cursor"), "3");
    again.expect_message(4, "2", "text");
    again.expect_message(5, "2", "text");
    again.expect("LIVE 5");
}

TEST(Cursor, IsNeverMovedBackByAnAck) {
    const Server server;
    append(server, 5);
    RawClient client = server.log_in("1", "ack=manual");
    client.send("ACK 4\r\nACK 2\r\nACK 0\r\n");
    client.quit();
    EXPECT_EQ(cursor_at_login(server, "1"), "4");
}

TEST(Cursor, MovesToTheEndWithAnAckPastTheEnd) {
    const Server server;
    append(server, 5);
    RawClient client = server.log_in("1", "ack=manual");
    client.send("ACK 99\r\nACK 99999999999999999999999999\r\n");
    client.expect_pong();
    append(server, 1);
    client.expect_message(6, "2", "text");
    client.quit();
    RawClient again = server.connect();
    EXPECT_EQ(again.log_in("1", "ack=manual").option("cursor"), "5");
    again.expect_message(6, "2", "text");
}

TEST(Cursor, MovesWithAnAckPastOwnMessagesToo) {
    const Server server;
    RawClient client = server.log_in("1", "ack=manual");
    client.send_message(1, "a");
    client.send_message(2, "b");
    client.read_until_id(2);
    client.send("ACK 1\r\n");
    client.quit();
    // Messages that were not acknowledged are reported again, own messages as SENT.
    RawClient again = server.connect();
    EXPECT_EQ(again.log_in("1", "ack=manual").option("cursor"), "1");
    again.expect("SENT 2 2");
    again.expect("LIVE 2");
}

TEST(Cursor, IgnoresAnAckWithAckAuto) {
    const Server server;
    append(server, 2);
    RawClient client = server.log_in("1");
    client.send("ACK 1\r\n");
    client.expect_pong();
    client.quit();
    EXPECT_EQ(cursor_at_login(server, "1"), "2");
}

TEST(Cursor, StaysWithAckManualIfTheConnectionIsReset) {
    const Server server;
    append(server, 2);
    {
        RawClient client = server.log_in("1", "ack=manual");
        client.reset();
    }
    RawClient again = server.connect();
    again.log_in("1", "ack=manual");
    again.expect_message(1, "2", "text");
    again.expect_message(2, "2", "text");
}

TEST(Cursor, IsSeparateForEachClient) {
    const Server server;
    append(server, 4);
    RawClient one = server.log_in("1", "ack=manual");
    RawClient three = server.log_in("3", "ack=manual");
    one.send("ACK 1\r\n");
    three.send("ACK 3\r\n");
    one.quit();
    three.quit();
    EXPECT_EQ(cursor_at_login(server, "1"), "1");
    EXPECT_EQ(cursor_at_login(server, "3"), "3");
}

}  // namespace
}  // namespace belfry::test

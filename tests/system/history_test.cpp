#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

/// HISTORY reads earlier messages again.
namespace belfry::test {
namespace {

/// Fills the log: messages 1, 3 and 5 are from client 1, messages 2, 4 and 6 from client 2. The
/// text of each is its id.
void fill(const Server& server) {
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    for (std::uint64_t id = 1; id <= 6; ++id) {
        RawClient& sender = id % 2 == 1 ? one : two;
        sender.send("SAY " + std::to_string(id) + "\r\n");
        one.read_until_id(id);
        two.read_until_id(id);
    }
    one.quit();
    two.quit();
}

/// Sends HISTORY with this range, and returns the answer up to its END.
std::vector<Frame> history(RawClient& client, const std::string& range) {
    client.send("HISTORY " + range + "\r\n");
    return client.read_until("END");
}

TEST(History, ReturnsOwnMessagesAndThoseOfOthers) {
    const Server server;
    fill(server);
    RawClient client = server.log_in("1");
    const auto frames = history(client, "1 100");
    ASSERT_EQ(frames.size(), 7U);
    for (std::uint64_t id = 1; id <= 6; ++id) {
        const Frame& past = frames[id - 1];
        EXPECT_EQ(past.verb, "PAST");
        EXPECT_EQ(past.number(0), id);
        EXPECT_EQ(past.fields[1], id % 2 == 1 ? "1" : "2");
        EXPECT_EQ(past.payload, std::to_string(id));
    }
    EXPECT_EQ(frames.back().line, "END 1 6");
}

TEST(History, ReturnsOnlyTheRequestedRange) {
    const Server server;
    fill(server);
    RawClient client = server.log_in("3");
    const auto frames = history(client, "3 2");
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames[0].number(0), 3U);
    EXPECT_EQ(frames[1].number(0), 4U);
    EXPECT_EQ(frames[2].line, "END 3 4");
}

TEST(History, EndsWithZerosIfNoMessageMatches) {
    const Server server;
    RawClient client = server.log_in("3");
    EXPECT_EQ(history(client, "1 10").front().line, "END 0 0");
    fill(server);
    client.read_until_id(6);
    EXPECT_EQ(history(client, "7 10").front().line, "END 0 0");
    EXPECT_EQ(history(client, "1 0").front().line, "END 0 0");
    EXPECT_EQ(history(client, "18446744073709551615 9").front().line, "END 0 0");
}

TEST(History, DoesNotMoveTheCursor) {
    const Server server;
    fill(server);
    RawClient client = server.log_in("3", "ack=manual");
    client.send("ACK 2\r\n");
    EXPECT_EQ(history(client, "1 6").size(), 7U);
    client.quit();
    EXPECT_EQ(server.connect().log_in("3").option("cursor"), "2");
}

TEST(History, ReturnsTheSameBytesAsThePush) {
    const Server server;
    RawClient reader = server.log_in("3");
    fill(server);
    const auto pushed = reader.read_until_id(6);
    const auto past = history(reader, "1 6");
    for (std::size_t index = 0; index < pushed.size(); ++index) {
        EXPECT_EQ(past[index].fields, pushed[index].fields);
        EXPECT_EQ(past[index].payload, pushed[index].payload);
    }
}

TEST(History, IsAnsweredWhileOthersSend) {
    const Server server;
    RawClient sender = server.log_in("1");
    RawClient reader = server.log_in("2");
    for (int number = 0; number < 300; ++number)
        sender.send("SAY " + std::to_string(number) + "\r\n");
    for (int round = 0; round < 20; ++round) {
        sender.send("SAY more\r\n");
        reader.send("HISTORY 1 50\r\n");
    }
    std::size_t answers = 0;
    std::size_t past = 0;
    while (answers < 20 || reader.last_id() < 320) {
        const Frame frame = reader.next();
        if (frame.verb == "END") ++answers;
        if (frame.verb == "PAST") ++past;
    }
    // The first answers may be shorter, because the log did not have 50 messages yet.
    EXPECT_LE(past, 20U * 50U);
    EXPECT_EQ(lines_of(history(reader, "50 1")).back(), "END 50 50");
}

}  // namespace
}  // namespace belfry::test

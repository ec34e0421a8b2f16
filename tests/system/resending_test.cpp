#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

/// A client repeats a message that may have been accepted already, and gets DUP if it was.
namespace belfry::test {
namespace {

TEST(Resending, AnAcceptedMessageIsAnsweredDupAndNotAppendedAgain) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    one.send_message(1, "a");
    one.send_message(1, "a");
    one.send_message(2, "b");
    std::vector<std::string> lines;
    for (int count = 0; count < 3; ++count) lines.push_back(one.next().line);
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (std::vector<std::string>{"DUP 1", "SENT 1 1", "SENT 2 2"}));
    two.expect_message(1, "1", "a");
    two.expect_message(2, "1", "b");
}

TEST(Resending, AnAcceptedMessageIsAnsweredDupAfterAReconnection) {
    const Server server;
    RawClient before = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 3; ++seq) before.send_message(seq, "x");
    before.read_until_id(3);
    before.reset();

    RawClient after = server.connect();
    EXPECT_EQ(after.log_in("1").option("seq"), "3");
    after.read_until("LIVE");
    for (std::uint64_t seq = 2; seq <= 5; ++seq) after.send_message(seq, "x");
    std::vector<std::string> lines;
    for (int count = 0; count < 4; ++count) lines.push_back(after.next().line);
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (std::vector<std::string>{"DUP 2", "DUP 3", "SENT 4 4", "SENT 5 5"}));
}

TEST(Resending, SeqsMayBeSkippedButNotUsedLater) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send_message(10, "ten");
    client.expect("SENT 10 1");
    client.send_message(5, "five");
    client.expect("DUP 5");
    client.send_message(11, "eleven");
    client.expect("SENT 11 2");
}

TEST(Resending, EachClientHasItsOwnSeqs) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    one.send_message(100, "x");
    one.expect("SENT 100 1");
    two.expect_message(1, "1", "x");
    two.send_message(1, "y");
    two.expect("SENT 1 2");
}

TEST(Resending, AnAcceptedSeqIsAnsweredDupWhateverItsPayload) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send_message(1, "x");
    client.expect("SENT 1 1");
    client.send_message(1, "something else");
    client.expect("DUP 1");
    client.send("HISTORY 1 9\r\n");
    EXPECT_EQ(client.next().payload, "x");
    client.expect("END 1 1");
}

}  // namespace
}  // namespace belfry::test

#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

/// Clients at different nodes see one log.
namespace belfry::test {
namespace {

class ClusterLog : public SharedCluster {};

TEST_F(ClusterLog, AMessageHasTheSameIdAtEveryNode) {
    RawClient sender = log_in(0, "1");
    RawClient second = log_in(1, "2");
    RawClient third = log_in(2, "3");
    const std::uint64_t id = say(sender, "hello");
    EXPECT_EQ(message_at(second, id), "hello");
    EXPECT_EQ(message_at(third, id), "hello");
}

TEST_F(ClusterLog, MessagesOfAllNodesHaveOneOrderAndDenseIds) {
    constexpr std::uint64_t of_each = 200;
    std::vector<RawClient> senders;
    for (std::size_t node = 0; node < 3; ++node) {
        senders.push_back(log_in(node, std::to_string(node + 1)));
    }
    RawClient reader = log_in(1, "4");
    const std::uint64_t first = reader.last_id() + 1;
    std::string bytes;
    for (std::uint64_t count = 0; count < of_each; ++count) bytes += "SAY text\r\n";
    for (RawClient& sender : senders) sender.send(bytes);
    const std::uint64_t last = first + 3 * of_each - 1;
    for (RawClient& sender : senders) sender.read_until_id(last);
    reader.read_until_id(last);
    std::vector<std::vector<std::string>> logs;
    for (std::size_t node = 0; node < 3; ++node) {
        RawClient witness = log_in(node, "5");
        logs.push_back(history(witness, first, 3 * of_each));
    }
    EXPECT_EQ(logs[0].size(), 3 * of_each + 1);
    EXPECT_EQ(logs[1], logs[0]);
    EXPECT_EQ(logs[2], logs[0]);
}

TEST_F(ClusterLog, AClientNeverReceivesItsOwnMessagesAtAnotherNode) {
    std::uint64_t id = 0;
    {
        RawClient sender = log_in(0, "1");
        id = say(sender, "mine");
    }
    RawClient moved = cluster().node(1).connect();
    // A RawClient fails if it receives an own message as MSG.
    static_cast<void>(moved.log_in("1"));
    moved.read_until("LIVE");
    EXPECT_GE(moved.last_id(), id);
}

TEST_F(ClusterLog, ARepetitionAtAnotherNodeIsAnsweredDup) {
    std::uint64_t seq = 0;
    {
        RawClient sender = cluster().node(0).connect();
        seq = std::stoull(sender.log_in("1").option("seq")) + 1;
        sender.read_until("LIVE");
        sender.send_message(seq, "once");
        sender.read_until("SENT");
    }
    RawClient moved = cluster().node(2).connect();
    EXPECT_EQ(moved.log_in("1").option("seq"), std::to_string(seq));
    moved.read_until("LIVE");
    moved.send_message(seq, "once");
    moved.expect("DUP " + std::to_string(seq));
    moved.send_message(seq + 1, "twice");
    EXPECT_EQ(moved.expect_verb("SENT").number(0), seq + 1);
}

TEST_F(ClusterLog, AnAcknowledgedMessageIsNotDeliveredAgainAtAnotherNode) {
    std::uint64_t id = 0;
    {
        RawClient reader = log_in(0, "2", "ack=manual");
        RawClient sender = log_in(1, "1");
        id = say(sender, "taken");
        reader.read_until_id(id);
        reader.send("ACK " + std::to_string(id) + "\r\n");
        reader.quit();
    }
    RawClient moved = cluster().node(2).connect();
    EXPECT_EQ(moved.log_in("2", "ack=manual").option("cursor"), std::to_string(id));
    moved.expect("LIVE " + std::to_string(id));
}

TEST_F(ClusterLog, AMessageThatWasNotAcknowledgedIsDeliveredAgainAtAnotherNode) {
    std::uint64_t id = 0;
    {
        RawClient reader = log_in(0, "3", "ack=manual");
        RawClient sender = log_in(1, "1");
        id = say(sender, "not taken");
        reader.read_until_id(id);
        reader.reset();
    }
    RawClient moved = cluster().node(2).connect();
    static_cast<void>(moved.log_in("3", "ack=manual"));
    EXPECT_EQ(message_at(moved, id), "not taken");
}

TEST_F(ClusterLog, TheEpochIsTheSameAtEveryNode) {
    std::vector<std::string> epochs;
    for (std::size_t node = 0; node < 3; ++node) {
        RawClient client = cluster().node(node).connect();
        epochs.push_back(client.log_in("6").option("epoch"));
    }
    EXPECT_EQ(epochs[1], epochs[0]);
    EXPECT_EQ(epochs[2], epochs[0]);
}

TEST_F(ClusterLog, TimesNeverDecreaseAlongTheLog) {
    std::vector<RawClient> senders;
    for (std::size_t node = 0; node < 3; ++node) {
        senders.push_back(log_in(node, std::to_string(node + 1)));
    }
    for (int count = 0; count < 10; ++count) {
        for (RawClient& sender : senders) say(sender, "tick");
    }
    RawClient reader = log_in(0, "5");
    reader.send("HISTORY 1 100000\r\n");
    std::uint64_t latest = 0;
    for (const Frame& frame : reader.read_until("END")) {
        if (frame.verb != "PAST") continue;
        EXPECT_GE(frame.number(2), latest);
        latest = frame.number(2);
    }
}

TEST_F(ClusterLog, TheLargestMessageIsThatOfTheClusterAtEveryNode) {
    const std::string large(65'536, 'x');
    RawClient sender = cluster().node(0).connect();
    const std::uint64_t seq = std::stoull(sender.log_in("1").option("seq")) + 1;
    sender.read_until("LIVE");
    RawClient reader = log_in(2, "2");
    sender.send_message(seq, large);
    const std::uint64_t id = sender.read_until("SENT").back().number(1);
    EXPECT_EQ(message_at(reader, id), large);
    sender.send_message(seq + 1, large + "x");
    sender.expect_error("too-large", std::to_string(seq + 1));
}

}  // namespace
}  // namespace belfry::test

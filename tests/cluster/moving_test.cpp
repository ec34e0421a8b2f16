#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// A client that moves from node to node finds everything as it was.
namespace belfry::test {
namespace {

class ClusterMoves : public SharedCluster {
  protected:
    /// Logs in, and returns the highest seq of the client.
    static std::uint64_t log_in_for_seq(RawClient& client, const std::string& name) {
        const std::uint64_t seq = std::stoull(client.log_in(name).option("seq"));
        client.read_until("LIVE");
        return seq;
    }

    /// Returns the next frame about presence.
    [[nodiscard]] static std::string next_presence(RawClient& watcher) {
        while (true) {
            const Frame frame = watcher.next();
            if (frame.verb == "ONLINE" || frame.verb == "OFFLINE") return frame.line;
        }
    }

    /// Returns what `WHO` says of a client.
    [[nodiscard]] static std::string who(RawClient& asker, const std::string& client) {
        asker.send("WHO\r\n");
        std::string line;
        for (const Frame& frame : asker.read_until("END")) {
            if (frame.verb == "USER" && frame.fields[0] == client) line = frame.line;
        }
        return line;
    }
};

TEST_F(ClusterMoves, ASayContinuesTheSeqsThatAnotherNodeHasAccepted) {
    std::uint64_t seq = 0;
    {
        RawClient sender = cluster().node(0).connect();
        seq = log_in_for_seq(sender, "1") + 1000;
        sender.send_message(seq, "far ahead");
        sender.read_until("SENT");
        sender.quit();
    }
    RawClient moved = log_in(1, "1");
    moved.send("SAY next\r\n");
    EXPECT_EQ(moved.read_until("SENT").back().number(0), seq + 1);
    RawClient back = log_in(0, "1");
    back.send("SAY and next\r\n");
    EXPECT_EQ(back.read_until("SENT").back().number(0), seq + 2);
}

TEST_F(ClusterMoves, ASeqThatIsTooFarAheadIsJudgedByWhatAnotherNodeHasAccepted) {
    constexpr std::uint64_t highest_free = 1ULL << 62;
    constexpr std::uint64_t max_jump = 1ULL << 32;
    {
        RawClient sender = log_in(0, "6");
        sender.send_message(highest_free, "the highest free one");
        sender.read_until("SENT");
        sender.quit();
    }
    RawClient moved = log_in(1, "6");
    const std::string too_far = std::to_string(highest_free + max_jump + 1);
    moved.send("SEND " + too_far + " 1\r\nx\r\n");
    moved.expect_error("bad-seq", too_far);
    moved.send_message(highest_free + max_jump, "as far as it may go");
    EXPECT_EQ(moved.expect_verb("SENT").number(0), highest_free + max_jump);
}

TEST_F(ClusterMoves, ATakeOverByAnotherNodeRepeatsNoSeq) {
    RawClient sender = cluster().node(0).connect();
    const std::uint64_t seq = log_in_for_seq(sender, "1") + 1;
    sender.send_message(seq, "once");
    const std::uint64_t id = sender.read_until("SENT").back().number(1);
    RawClient moved = cluster().node(1).connect();
    EXPECT_EQ(log_in_for_seq(moved, "1"), seq);
    moved.send_message(seq, "once");
    moved.expect("DUP " + std::to_string(seq));
    EXPECT_EQ(say(moved, "next"), id + 1);
    sender.expect("BYE taken-over");
}

TEST_F(ClusterMoves, HistoryHasItsOwnMessagesOfAnotherNode) {
    std::uint64_t id = 0;
    {
        RawClient sender = log_in(0, "1");
        id = say(sender, "mine");
        sender.quit();
    }
    RawClient moved = log_in(2, "1");
    const auto lines = history(moved, id, 1);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].starts_with("PAST " + std::to_string(id) + " 1 ")) << lines[0];
    EXPECT_TRUE(lines[0].ends_with(" mine")) << lines[0];
}

TEST_F(ClusterMoves, AClientThatMovesStaysOnlineForEverybody) {
    RawClient here = log_in(0, "2", "presence=on");
    RawClient there = log_in(1, "3", "presence=on");
    EXPECT_EQ(next_presence(here), "ONLINE 3");
    RawClient first = log_in(0, "4");
    for (RawClient* const watcher : {&here, &there}) EXPECT_EQ(next_presence(*watcher), "ONLINE 4");
    RawClient second = log_in(1, "4");
    RawClient third = log_in(2, "4");
    RawClient back = log_in(0, "4");
    const RawClient later = log_in(2, "5");
    for (RawClient* const watcher : {&here, &there}) EXPECT_EQ(next_presence(*watcher), "ONLINE 5");
    for (RawClient* const watcher : {&here, &there}) {
        EXPECT_TRUE(who(*watcher, "4").starts_with("USER 4 online ")) << who(*watcher, "4");
    }
}

TEST_F(ClusterMoves, WhoTellsTheCursorOfAClientAtAnotherNode) {
    RawClient asker = log_in(0, "2");
    RawClient reader = log_in(1, "3", "ack=manual");
    const std::uint64_t id = say(asker, "taken");
    reader.read_until_id(id);
    reader.send("ACK " + std::to_string(id) + "\r\n");
    const std::string wanted = "USER 3 online cursor=" + std::to_string(id);
    EXPECT_TRUE(
        eventually([&] { return who(asker, "3") == wanted; }, default_wait, Milliseconds{50}))
        << who(asker, "3");
}

TEST_F(ClusterMoves, TheClientsOfANodeThatStopsAreOfflineAtOnce) {
    RawClient watcher = log_in(1, "3", "presence=on");
    RawClient client = log_in(0, "4");
    EXPECT_EQ(next_presence(watcher), "ONLINE 4");
    EXPECT_EQ(cluster().node(0).stop(), 0) << cluster().node(0).errors();
    EXPECT_EQ(next_presence(watcher), "OFFLINE 4");
    EXPECT_EQ(client.read_to_the_end().back().line, "BYE shutting-down");
    cluster().start_node(0);
    cluster().wait_until_ok(0);
}

/// Nodes that keep 300 messages and have room for few clients.
class SmallNodes : public ::testing::Test {
  protected:
    [[nodiscard]] RawClient log_in(std::size_t node, const std::string& client,
                                   std::string_view options = "") {
        return cluster_.node(node).log_in(client, options);
    }

    Cluster cluster_{{.nodes = 2,
                      .more = {"--keep-messages", "300", "--ring-size", "64K", "--max-payload",
                               "1K", "--max-clients", "2"},
                      .etcd = {.servers = 1}}};
};

TEST_F(SmallNodes, TellAClientThatMovesWhatRetentionHasDeleted) {
    RawClient sender = log_in(0, "1");
    {
        RawClient reader = log_in(0, "2", "ack=manual");
        for (int count = 0; count < 10; ++count) say(sender, "text");
        reader.read_until_id(10);
        reader.send("ACK 10\r\n");
        reader.quit();
    }
    std::string bytes;
    for (int count = 0; count < 1000; ++count) bytes += "SAY " + std::string(100, 'x') + "\r\n";
    sender.send(bytes);
    sender.read_until_id(1010);
    const auto has_deleted = [&](std::size_t node) {
        return cluster_.node(node).status().at("log").at("first_id") == 711;
    };
    for (const std::size_t node : {0, 1}) {
        EXPECT_TRUE(eventually([&] { return has_deleted(node); }, recovery_time, Milliseconds{50}))
            << cluster_.node(node).status().at("log").dump();
    }
    RawClient moved = cluster_.node(1).connect();
    EXPECT_EQ(moved.log_in("2", "ack=manual").option("cursor"), "10");
    moved.expect("GAP 11 710");
    moved.read_until_id(1010);
    moved.expect("LIVE 1010");
    const auto lines = history(moved, 1, 2000);
    EXPECT_EQ(lines.size(), 301U);
    EXPECT_EQ(lines.back(), "END 711 1010 ");
}

TEST_F(SmallNodes, LetNobodyInWhomTheyHaveNoPlaceForAndDoNotEndHisSessionElsewhere) {
    const RawClient first = log_in(0, "1");
    const RawClient second = log_in(0, "2");
    RawClient third = log_in(1, "3");
    RawClient moved = cluster_.node(0).connect();
    moved.send("LOGIN 3\r\n");
    moved.expect_error("too-many-clients");
    moved.expect_closed();
    EXPECT_GT(say(third, "still here"), 0U);
    RawClient again = log_in(0, "2");  // who is online there may always take over
    EXPECT_GT(say(again, "still here too"), 0U);
}

}  // namespace
}  // namespace belfry::test

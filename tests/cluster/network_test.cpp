#include "tests/cluster/refusals.hpp"
#include "tests/support/cluster.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

/// The network of a node fails: the link of its network namespace goes down and up again.
namespace belfry::test {
namespace {

TEST(ClusterNetwork, ANodeWhoseLinkIsDownRefusesAndTheOthersGoOnUntilItIsUpAgain) {
    Cluster cluster{{.has_linked_node = true}};
    for (int round = 0; round < 2; ++round) {
        Sender sender = sender_at(cluster.node(0), "1");
        RawClient reader = cluster.node(0).log_in("2");
        Sender other = sender_at(cluster.node(1), "3");
        const std::uint64_t before = send_until_sent(sender.client, sender.seq++);
        reader.read_until_id(before);
        cluster.cut_off(0);
        const std::uint64_t refused = send_until_refused(sender.client, sender.seq);
        EXPECT_TRUE(cluster.will_be(0, "no-engine"));
        expect_no_login(cluster.node(0), "4");
        EXPECT_EQ(history(reader, before, 1).size(), 2U);
        const std::uint64_t id = send_until_sent(other.client, other.seq);
        EXPECT_EQ(cluster.state(1), "ok");

        // The sender moves, and sends again what has no answer. Each message is accepted once.
        RawClient moved = cluster.node(1).log_in("1");
        EXPECT_EQ(moved.last_id(), id);
        std::string bytes;
        for (std::uint64_t seq = sender.seq; seq <= refused; ++seq) {
            bytes += "SEND " + std::to_string(seq) + " 4\r\ntext\r\n";
        }
        moved.send(bytes);
        const std::uint64_t last_id = id + refused - sender.seq + 1;
        moved.read_until_id(last_id);

        cluster.reconnect(0);
        reader.read_until_id(last_id);
        EXPECT_EQ(sender.client.read_to_the_end().back().line, "BYE taken-over");
        cluster.wait_until_equal();
        EXPECT_EQ(cluster.stored_id(0), last_id);
        EXPECT_EQ(cluster.differences(), "");
    }
}

}  // namespace
}  // namespace belfry::test

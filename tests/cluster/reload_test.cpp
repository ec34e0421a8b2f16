#include "tests/support/secrets.hpp"
#include "tests/support/shared_cluster.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

/// The clients of a cluster change, at one node after the other.
namespace belfry::test {
namespace {

class ClusterReload : public ::testing::Test {
  protected:
    void reload(std::size_t node, const std::string& clients, const std::string& line) {
        file_.write(clients);
        ASSERT_EQ(::kill(cluster_.node(node).pid(), SIGHUP), 0);
        EXPECT_TRUE(cluster_.node(node).will_say(line)) << cluster_.node(node).errors();
    }

    void expect_refused(std::size_t node, const std::string& client) {
        RawClient refused = cluster_.node(node).connect();
        refused.send("LOGIN " + client + "\r\n");
        refused.expect_error("login-refused");
    }

    [[nodiscard]] static bool is_online(RawClient& asker, const std::string& client) {
        asker.send("WHO\r\n");
        bool online = false;
        for (const Frame& frame : asker.read_until("END")) {
            if (frame.line.starts_with("USER " + client + " online ")) online = true;
        }
        return online;
    }

    static constexpr const char* before = "ann\nbob\nhas-a-secret:*\n";
    static constexpr const char* with_cat = "ann\nbob\nhas-a-secret:*\ncat\n";

    ClientsFile file_{before};
    Cluster cluster_{{.nodes = 2,
                      .client_ids = "",
                      .more = {"--clients", file_.path().string()},
                      .etcd = {.servers = 1}}};
};

TEST_F(ClusterReload, AClientThatANodeLearnsOfLaterIsAsItIsElsewhere) {
    RawClient ann = cluster_.node(0).log_in("ann");
    reload(1, with_cat, "client-ids: added cat");
    RawClient cat = cluster_.node(1).log_in("cat", "ack=manual");
    const std::uint64_t seq = 7;
    cat.send_message(seq, "of somebody who is not known there");
    const std::uint64_t id = cat.read_until("SENT").back().number(1);
    EXPECT_EQ(message_at(ann, id), "of somebody who is not known there");
    cat.send("ACK " + std::to_string(id) + "\r\n");
    EXPECT_TRUE(cluster_.node(0).will_say(
        "client cat of the cluster is not among the clients of this node; its messages are kept"));
    expect_refused(0, "cat");

    reload(0, with_cat, "client-ids: added cat");
    EXPECT_TRUE(eventually([&] { return is_online(ann, "cat"); }, recovery_time, Milliseconds{50}));
    RawClient moved = cluster_.node(0).connect();
    const Frame welcome = moved.log_in("cat", "ack=manual");
    EXPECT_EQ(welcome.option("seq"), std::to_string(seq));
    moved.read_until("LIVE");
    cat.expect("BYE taken-over");
    moved.send_message(seq, "again");
    moved.expect("DUP " + std::to_string(seq));
    EXPECT_EQ(say(moved, "next"), id + 1);
}

TEST_F(ClusterReload, ALoginRightAfterAClientWasAddedTakesOverItsSessionElsewhere) {
    reload(1, with_cat, "client-ids: added cat");
    RawClient cat = cluster_.node(1).log_in("cat");
    const std::uint64_t id = say(cat, "there");
    reload(0, with_cat, "client-ids: added cat");
    RawClient moved = cluster_.node(0).log_in("cat");
    cat.expect("BYE taken-over");
    EXPECT_EQ(say(moved, "here"), id + 1);
}

TEST_F(ClusterReload, AClientThatIsRemovedAtOneNodeIsServedByTheOthersUntilTheyRemoveItToo) {
    reload(0, with_cat, "client-ids: added cat");
    reload(1, with_cat, "client-ids: added cat");
    RawClient ann = cluster_.node(0).log_in("ann");
    RawClient cat = cluster_.node(0).log_in("cat");
    reload(0, before, "client-ids: removed cat");
    cat.expect("BYE shutting-down");
    cat.expect_closed();
    expect_refused(0, "cat");
    RawClient moved = cluster_.node(1).log_in("cat");
    EXPECT_EQ(message_at(ann, say(moved, "still here")), "still here");
    reload(1, before, "client-ids: removed cat");
    moved.expect("BYE shutting-down");
    moved.expect_closed();
    expect_refused(1, "cat");
}

}  // namespace
}  // namespace belfry::test

#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// What belfryctl shows of a cluster, and does in it.
namespace belfry::test {
namespace {

class ClusterCommands : public SharedCluster {
  protected:
    void SetUp() override {
        for (std::size_t node = 0; node < 3; ++node) cluster().wait_until_ok(node);
    }

    static Result ctl(std::size_t node, const std::vector<std::string>& words) {
        return cluster().node(node).belfryctl(words);
    }
};

TEST_F(ClusterCommands, StatusShowsAllNodesAtEachNode) {
    for (std::size_t node = 0; node < 3; ++node) {
        const auto status = cluster().status(node);
        EXPECT_EQ(status.at("state"), "ok");
        EXPECT_EQ(status.at("node"), Cluster::name_of(node));
        EXPECT_EQ(status.at("name"), "belfry");
        EXPECT_GT(status.at("revision"), 0);
        EXPECT_EQ(status.at("epoch"), cluster().status(0).at("epoch"));
        for (std::size_t other = 0; other < 3; ++other) {
            EXPECT_TRUE(eventually([&] {
                const auto seen = cluster().status_of(other, node);
                return seen.at("alive") == true && seen.at("version") != "";
            })) << cluster().status_of(other, node).dump();
        }
    }
}

TEST_F(ClusterCommands, ClusterStatusIsThePartOfStatusThatTellsOfTheCluster) {
    const Result text = ctl(0, {"cluster", "status"});
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_EQ(text.out.find("cluster     belfry: ok, this is node a, revision "), 0U) << text.out;
    for (const std::string name : {"a", "b", "c"}) {
        EXPECT_NE(text.out.find("\nnode        " + name + ": alive, "), std::string::npos);
    }
    const Result json = ctl(0, {"cluster", "status", "--json"});
    EXPECT_EQ(json.status, 0) << json.err;
    EXPECT_EQ(nlohmann::json::parse(json.out).at("state"), "ok");
}

TEST_F(ClusterCommands, StatusShowsAtWhichNodeAClientIsOnline) {
    const RawClient client = log_in(1, "2");
    EXPECT_TRUE(eventually([&] {
        const auto seen = cluster().node(0).client_status("2");
        return seen.at("online") == true && seen.at("node") == "b" && seen.at("pid") == 0;
    })) << cluster().node(0).client_status("2").dump();
    EXPECT_EQ(cluster().node(1).client_status("2").at("node"), "b");
    EXPECT_NE(cluster().node(1).client_status("2").at("pid"), 0);
    EXPECT_TRUE(eventually([&] { return cluster().status_of(1, 0).at("clients") == 1; },
                           recovery_time, Milliseconds{50}));
    const Result kicked = ctl(0, {"kick", "2"});
    EXPECT_EQ(kicked.status, 1);
    EXPECT_EQ(kicked.err, "belfryctl: client 2 is not online here, but at node b\n");
}

TEST_F(ClusterCommands, AKickEndsTheSessionAndTheOthersLearnIt) {
    RawClient client = log_in(1, "2");
    EXPECT_EQ(ctl(1, {"kick", "2"}).status, 0);
    EXPECT_FALSE(client.read_to_the_end().empty());
    EXPECT_TRUE(
        eventually([] { return cluster().node(0).client_status("2").at("online") == false; },
                   recovery_time, Milliseconds{50}));
}

TEST_F(ClusterCommands, MetricsTellOfTheClusterAndOfEachNode) {
    const Result result = ctl(0, {"metrics"});
    EXPECT_EQ(result.status, 0) << result.err;
    for (const std::string line :
         {"belfry_cluster_info{cluster=\"belfry\",node=\"a\"} 1\n",
          "belfry_cluster_state{state=\"ok\"} 1\n", "belfry_node_up{node=\"c\"} 1\n"}) {
        EXPECT_NE(result.out.find(line), std::string::npos) << line << result.out;
    }
}

TEST_F(ClusterCommands, CheckComparesTheMessagesOfAllNodes) {
    RawClient sender = log_in(0, "1");
    static_cast<void>(say(sender, "text"));
    cluster().wait_until_equal();
    for (std::size_t node = 0; node < 3; ++node) {
        const Result result = ctl(node, {"check", "--cluster"});
        EXPECT_EQ(result.status, 0) << result.out << result.err;
    }
    const Result json = ctl(0, {"check", "--cluster", "--json"});
    EXPECT_EQ(json.status, 0) << json.err;
    EXPECT_TRUE(nlohmann::json::parse(json.out).is_object());
}

TEST_F(ClusterCommands, ResetSeqLowersASeqThatIsTooHighAtAllNodes) {
    constexpr std::uint64_t highest_free = 1ULL << 62;
    const std::string free = std::to_string(highest_free);
    const std::string above = std::to_string(highest_free + 1);
    RawClient sender = log_in(0, "3");
    for (const std::uint64_t seq : {highest_free, highest_free + 1}) {
        sender.send_message(seq, "text");
        EXPECT_EQ(sender.read_until("SENT").back().number(0), seq);
    }
    // A node hears a moment later of what another one has done.
    const auto will_say = [](std::size_t node, const std::string& line) {
        return eventually([&] { return ctl(node, {"reset-seq", "3"}).out == line; });
    };
    const std::string lowered = "the seq of client 3 was " + above + " and is now " + free + "\n";
    EXPECT_TRUE(will_say(1, lowered));
    static_cast<void>(sender.read_to_the_end());
    RawClient again = log_in(2, "3");
    again.send_message(highest_free + 1, "next");
    EXPECT_EQ(again.read_until("SENT").back().number(0), highest_free + 1);
    EXPECT_TRUE(will_say(0, lowered));
    EXPECT_TRUE(
        will_say(2, "the seq of client 3 stays " + free + ": it is not above " + free + "\n"));
}

TEST_F(ClusterCommands, ReseedAndRecoverAreRefusedWhileTheNodeRuns) {
    EXPECT_NE(ctl(0, {"cluster", "reseed"}).status, 0);
    EXPECT_NE(ctl(0, {"cluster", "reseed", "--force"}).status, 0);
    EXPECT_EQ(cluster().state(0), "ok");
}

}  // namespace
}  // namespace belfry::test

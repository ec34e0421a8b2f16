#include "tests/support/shared_cluster.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>

/// belfryd starts, watches, adopts and drains the replica of its node.
namespace belfry::test {
namespace {

class ClusterSupervision : public ::testing::Test {
  protected:
    void SetUp() override { cluster_.wait_until_ok(0); }

    [[nodiscard]] Server& node() { return cluster_.node(0); }

    /// Waits until the node has another replica than this one.
    [[nodiscard]] bool has_another_than(pid_t replica) {
        return eventually([&] {
            const pid_t now = cluster_.replica(0);
            return now != 0 && now != replica;
        });
    }

    void log_in_and_say(const std::string& text) {
        cluster_.wait_until_ok(0);
        RawClient client = node().log_in("1");
        EXPECT_GT(say(client, text), 0U);
        client.quit();
    }

    /// Returns what belfryd says if it is started with one option changed.
    [[nodiscard]] Result start_with(const std::string& option, const std::string& value) {
        Invocation command = node().command();
        auto& arguments = command.arguments;
        const auto found = std::ranges::find(arguments, option);
        if (found == arguments.end()) {
            arguments.insert(arguments.end(), {option, value});
        } else {
            *(found + 1) = value;
        }
        return run(command, recovery_time);
    }

    Cluster cluster_{{.nodes = 1, .etcd = {.servers = 1}}};
};

TEST_F(ClusterSupervision, AKilledReplicaIsReplacedAndNobodyIsDisconnected) {
    RawClient client = node().log_in("1");
    const pid_t replica = cluster_.replica(0);
    ::kill(replica, SIGKILL);
    EXPECT_TRUE(has_another_than(replica));
    EXPECT_GT(say(client, "text"), 0U);
    EXPECT_TRUE(node().will_say("the replica was killed; starting another one"));
}

TEST_F(ClusterSupervision, AStoppedReplicaIsKilledWhileMessagesWaitForIt) {
    RawClient client = node().log_in("1");
    const pid_t replica = cluster_.replica(0);
    ::kill(replica, SIGSTOP);
    EXPECT_GT(say(client, "text"), 0U);
    EXPECT_TRUE(node().will_say("the replica is stopped while messages wait for it; killing it"));
}

TEST_F(ClusterSupervision, TheNextSupervisorAdoptsTheReplicaAndTheSessions) {
    RawClient client = node().log_in("1");
    const pid_t replica = cluster_.replica(0);
    node().kill_supervisor();
    EXPECT_GT(say(client, "without a supervisor"), 0U);
    cluster_.start_node(0);
    EXPECT_EQ(cluster_.replica(0), replica);
    EXPECT_GT(say(client, "with another one"), 0U);
    ::kill(replica, SIGKILL);
    EXPECT_TRUE(has_another_than(replica));
    EXPECT_GT(say(client, "with another replica"), 0U);
}

TEST_F(ClusterSupervision, AStopPublishesWhatWasAcceptedAndLeavesNothing) {
    log_in_and_say("text");
    EXPECT_EQ(node().stop(), 0) << node().errors();
    EXPECT_FALSE(node().segment());
    EXPECT_TRUE(node().all_processes().empty());
    EXPECT_TRUE(std::filesystem::exists(node().data_dir() / "cluster-options"))
        << "belfryctl cluster reseed needs it";
    cluster_.start_node(0);
    log_in_and_say("after a new start");
}

TEST_F(ClusterSupervision, AStopWithoutTheEngineKeepsTheSegmentForTheNextStart) {
    RawClient client = node().log_in("1");
    const std::uint64_t last = say(client, "stored");
    cluster_.cut_off(0);
    client.send("SAY accepted\r\n");
    EXPECT_EQ(node().stop(recovery_time), 1) << node().errors();
    EXPECT_TRUE(node().will_say("is kept for the next start")) << node().errors();
    EXPECT_TRUE(node().segment());
    cluster_.reconnect(0);
    cluster_.start_node(0);
    cluster_.wait_until_ok(0);
    RawClient again = node().log_in("2");
    again.read_until_id(last);
    log_in_and_say("after the new start");
}

TEST_F(ClusterSupervision, BelfryctlStopsANodeWhoseSupervisorIsDead) {
    log_in_and_say("text");
    node().kill_supervisor();
    const Result result = node().belfryctl({"stop"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(node().segment());
    cluster_.start_node(0);
    log_in_and_say("again");
}

TEST_F(ClusterSupervision, BelfryctlKeepsTheSegmentOfANodeThatIsDeadAltogether) {
    log_in_and_say("text");
    node().kill_all();
    const Result result = node().belfryctl({"stop"});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("the replica has not finished; start the server again; "),
              std::string::npos)
        << result.err;
    const Result reset = node().belfryctl({"reset-seq", "1"});
    EXPECT_EQ(reset.status, 1);
    const Result recovered = run({program("belfryctl"),
                                  {"--data-dir", (node().folder() / "new").string(), "recover",
                                   "--segment", std::to_string(node().segment().value().shmid)}});
    EXPECT_EQ(recovered.status, 1);
    EXPECT_NE(recovered.err.find("begin from a backup of another node"), std::string::npos)
        << recovered.err;
    cluster_.start_node(0);
    log_in_and_say("again");
}

TEST_F(ClusterSupervision, AnotherNodeOrAnotherClusterCannotContinueASegment) {
    node().kill_supervisor();
    for (const auto& [option, value] :
         {std::pair{"--node", "other"}, std::pair{"--cluster-name", "other"}}) {
        const Result result = start_with(option, value);
        EXPECT_EQ(result.status, 2);
        EXPECT_NE(result.err.find(" is that of node a of the cluster belfry, not of "),
                  std::string::npos)
            << result.err;
    }
    cluster_.start_node(0);
    log_in_and_say("again");
}

TEST_F(ClusterSupervision, ASingleServerCannotContinueTheSegmentOrTheStoreOfANode) {
    const auto start_single = [this] {
        return run({program("belfryd"),
                    {"-client_ids", "1", "-port", "0", "--data-dir", node().data_dir().string()}},
                   recovery_time);
    };
    node().kill_supervisor();
    const Result segment = start_single();
    EXPECT_EQ(segment.status, 1);
    EXPECT_NE(segment.err.find("is that of a node of a cluster; stop its server before"),
              std::string::npos)
        << segment.err;
    EXPECT_EQ(node().belfryctl({"stop"}).status, 0);
    const Result store = start_single();
    EXPECT_EQ(store.status, 1);
    EXPECT_NE(store.err.find(" belongs to the cluster belfry; start it with --cluster"),
              std::string::npos)
        << store.err;
    cluster_.start_node(0);
    log_in_and_say("again");
}

TEST_F(ClusterSupervision, TheReplicaHasTheFileAliveStandardErrorAndNoOtherFileOfBelfryd) {
    const auto descriptors =
        std::filesystem::path{"/proc"} / std::to_string(cluster_.replica(0)) / "fd";
    std::set<std::filesystem::path> files;
    for (const auto& descriptor : std::filesystem::directory_iterator{descriptors}) {
        files.insert(std::filesystem::read_symlink(descriptor.path()));
    }
    const auto folder = std::filesystem::canonical(node().data_dir());
    EXPECT_TRUE(files.contains(folder / "alive"));
    EXPECT_FALSE(files.contains(folder / "lock"));
}

}  // namespace
}  // namespace belfry::test

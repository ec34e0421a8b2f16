#include "shm/process_entry.hpp"
#include "tests/support/mapped_segment.hpp"
#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <string>

/// The next belfryd of a node takes over its segment and its sessions, and makes sure that the
/// replica is the right one.
namespace belfry::test {
namespace {

class ClusterAdoption : public ::testing::Test {
  protected:
    void SetUp() override { cluster_.wait_until_ok(0); }

    [[nodiscard]] Server& node() { return cluster_.node(0); }

    /// Starts the next belfryd with these further options.
    void start_again(const std::vector<std::string>& more = {}) {
        Invocation command = node().command();
        command.arguments.insert(command.arguments.end(), more.begin(), more.end());
        node().start(command, recovery_time);
    }

    Cluster cluster_{{.nodes = 1, .etcd = {.servers = 1}}};
};

TEST_F(ClusterAdoption, AReplicaWithOtherOptionsIsReplacedAndNobodyIsDisconnected) {
    RawClient client = node().log_in("1");
    const pid_t replica = cluster_.replica(0);
    node().kill_supervisor();
    start_again({"--node-address", "chat.example.org:5000"});
    EXPECT_TRUE(node().will_say("the running replica is of another version or has other options"));
    EXPECT_FALSE(is_alive(replica));
    EXPECT_GT(say(client, "text"), 0U);
    EXPECT_TRUE(eventually(
        [&] { return cluster_.status_of(0, 0).at("address") == "chat.example.org:5000"; },
        recovery_time, Milliseconds{50}))
        << cluster_.status(0).dump();

    const pid_t next = cluster_.replica(0);
    node().kill_supervisor();
    start_again({"--node-address", "chat.example.org:5000"});
    EXPECT_GT(say(client, "with the same options"), 0U);
    EXPECT_EQ(cluster_.replica(0), next);
}

TEST_F(ClusterAdoption, AReplicaOfAnotherVersionIsReplacedAndNobodyIsDisconnected) {
    RawClient client = node().log_in("1");
    const pid_t replica = cluster_.replica(0);
    shm::set_version(MappedSegment{node()}.process(shm::archiver_entry), "0.1");
    node().kill_supervisor();
    start_again();
    EXPECT_FALSE(is_alive(replica));
    EXPECT_GT(say(client, "text"), 0U);
    EXPECT_EQ(node().stop(), 0) << node().errors();
    EXPECT_EQ(client.read_to_the_end().back().line, "BYE shutting-down");
}

}  // namespace
}  // namespace belfry::test

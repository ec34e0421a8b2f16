#include "ctl/cluster_status.hpp"

#include "ctl/kick.hpp"
#include "ctl/metrics.hpp"
#include "ctl/refusal.hpp"
#include "ctl/reset_seq.hpp"
#include "ctl/status.hpp"
#include "shm/process_entry.hpp"
#include "shm/seq_rules.hpp"
#include "tests/support/prometheus_text.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

/// What belfryctl shows of a segment of a node, which the test fills as the replica does.
namespace belfry::test {
namespace {

using nlohmann::json;

shm::SegmentPlan plan_of_node() {
    shm::SegmentPlan plan = small_plan();
    plan.durability = shm::Durability::commit;
    plan.cluster = {.name = "chat", .node = "a", .incarnation = 7, .outbox_bytes = 64 << 10};
    return plan;
}

class ClusterStatusTest : public ::testing::Test {
  protected:
    ClusterStatusTest() {
        for (const std::size_t entry : {shm::supervisor_entry, shm::archiver_entry}) {
            shm::ProcessEntry& process = segment().process(entry);
            EXPECT_TRUE(shm::claim(process, shm::raise_generation(process)));
        }
        set_node(0, "a", true);
        set_node(1, "b", true);
        set(shm::ClusterState::ok);
    }

    shm::Segment& segment() { return scratch_.segment(); }
    shm::ClusterBlock& cluster() { return segment().cluster(); }

    void set(shm::ClusterState state) { cluster().state = static_cast<std::uint32_t>(state); }

    void set_node(std::size_t row, std::string_view name, bool alive) {
        shm::NodeRow& node = cluster().nodes[row];
        shm::set_shared_text(node.name, name);
        node.is_alive = alive ? 1 : 0;
    }

    /// The cluster has applied a login of the client.
    void log_in(std::string_view client, std::uint32_t node) {
        shm::ClientRow& row = segment().client(shm::find_row(segment(), client).value());
        row.login_node = node + 1;
        row.login = 1;
    }

    [[nodiscard]] ctl::Status read() const { return ctl::read_status(scratch_.found()); }

    [[nodiscard]] json status() const {
        std::ostringstream out;
        ctl::print_json(out, read());
        return json::parse(out.str());
    }

    [[nodiscard]] json client(const std::string& id) const {
        const json all = status();
        for (const json& client : all.at("clients")) {
            if (client.at("id") == id) return client;
        }
        throw Failure{"no client " + id};
    }

    [[nodiscard]] std::string page() const {
        std::ostringstream out;
        ctl::print_page(out, read());
        return out.str();
    }

    ScratchSegment scratch_{plan_of_node()};
};

TEST(ClusterStatusOfASingleNode, IsNotThere) {
    const ScratchSegment scratch;
    std::ostringstream out;
    const ctl::Status status = ctl::read_status(scratch.found());
    ctl::print_json(out, status);
    ctl::print_page(out, status);
    ctl::print_metrics(out, status);
    EXPECT_EQ(out.str().find("cluster"), std::string::npos);
    EXPECT_EQ(out.str().find("node"), std::string::npos);
    EXPECT_FALSE(ctl::read_cluster(scratch.found().segment));
}

TEST_F(ClusterStatusTest, TellsOfTheStateAndOfAllNodes) {
    cluster().revision = 90;
    cluster().engine_revision = 100;
    cluster().answered_ms = 1'000;
    cluster().outbox.end = 60;
    cluster().outbox.head = 20;
    shm::NodeRow& other = cluster().nodes[1];
    other.is_alive = 0;
    other.stored_revision = 80;
    other.clients = 3;
    shm::set_shared_text(other.version, "1.5.0");
    shm::set_shared_text(other.address, "b.example.org:5000");
    const json cluster = status().at("cluster");
    EXPECT_EQ(cluster.at("name"), "chat");
    EXPECT_EQ(cluster.at("state"), "ok");
    EXPECT_EQ(cluster.at("node"), "a");
    EXPECT_EQ(cluster.at("epoch"), "e");
    EXPECT_EQ(cluster.at("revision"), 90);
    EXPECT_EQ(cluster.at("behind_revisions"), 10);
    EXPECT_EQ(cluster.at("answered_ms"), 1'000);
    EXPECT_EQ(cluster.at("waiting_bytes"), 40);
    ASSERT_EQ(cluster.at("nodes").size(), 2U);
    EXPECT_EQ(cluster.at("nodes")[0].at("alive"), true);
    EXPECT_EQ(cluster.at("nodes")[1], (json{{"name", "b"},
                                            {"address", "b.example.org:5000"},
                                            {"alive", false},
                                            {"stored_revision", 80},
                                            {"clients", 3},
                                            {"version", "1.5.0"}}));
}

TEST_F(ClusterStatusTest, NamesEachState) {
    for (const auto& [state, word] :
         {std::pair{shm::ClusterState::ok, "ok"}, std::pair{shm::ClusterState::behind, "behind"},
          std::pair{shm::ClusterState::no_engine, "no-engine"},
          std::pair{shm::ClusterState::stopped, "stopped"}}) {
        set(state);
        EXPECT_EQ(status().at("cluster").at("state"), word);
        EXPECT_NE(page().find("cluster     chat: " + std::string{word} + ","), std::string::npos);
        const auto values = [this] {
            std::ostringstream out;
            ctl::print_metrics(out, read());
            return read_prometheus_text(out.str());
        }();
        EXPECT_EQ(values.at("belfry_cluster_state{state=\"" + std::string{word} + "\"}"), 1);
    }
}

TEST_F(ClusterStatusTest, HasNoEngineUntilAReplicaIsThere) {
    shm::raise_generation(segment().process(shm::archiver_entry));
    EXPECT_EQ(status().at("cluster").at("state"), "no-engine");
}

TEST_F(ClusterStatusTest, IsStoppedWithoutASupervisor) {
    shm::raise_generation(segment().process(shm::supervisor_entry));
    EXPECT_EQ(status().at("cluster").at("state"), "stopped");
}

TEST_F(ClusterStatusTest, ShowsAtWhichNodeAClientIsOnline) {
    log_in("ann", 1);
    EXPECT_EQ(client("ann").at("online"), true);
    EXPECT_EQ(client("ann").at("node"), "b");
    EXPECT_EQ(client("ann").at("pid"), 0);
    EXPECT_EQ(client("ann").at("peer"), nullptr);
    EXPECT_EQ(client("bob").at("online"), false);
    EXPECT_EQ(client("bob").at("node"), nullptr);
    EXPECT_EQ(status().at("server").at("online"), 0) << "those at this node are counted";
    EXPECT_NE(page().find("at node b"), std::string::npos) << page();
}

TEST_F(ClusterStatusTest, AClientOfADeadNodeIsOffline) {
    log_in("ann", 1);
    set_node(1, "b", false);
    EXPECT_EQ(client("ann").at("online"), false);
    EXPECT_EQ(client("ann").at("node"), nullptr);
}

TEST_F(ClusterStatusTest, AClientThatIsOnlineElsewhereCannotBeKickedHere) {
    log_in("ann", 1);
    std::ostringstream out;
    try {
        ctl::kick(out, segment(), "ann");
        FAIL();
    } catch (const ctl::Refusal& refusal) {
        EXPECT_STREQ(refusal.what(), "client ann is not online here, but at node b");
    }
}

TEST_F(ClusterStatusTest, NothingIsAppendedBeforeTheNodeHasIntroducedItself) {
    segment().client(shm::find_row(segment(), "ann").value()).stored_seq = shm::max_free_seq + 1;
    auto found = shm::find_segment(scratch_.data_dir(), boost::interprocess::read_write);
    std::ostringstream out;
    EXPECT_THROW(ctl::reset_seq(out, scratch_.data_dir(), found, "ann"), ctl::Refusal);
    EXPECT_EQ(segment().outbox().end, 0U);
}

TEST_F(ClusterStatusTest, HasMetrics) {
    cluster().revision = 90;
    cluster().engine_revision = 100;
    cluster().answered_ms = 1'500;
    cluster().nodes[1].stored_revision = 80;
    cluster().nodes[1].clients = 3;
    log_in("ann", 1);
    std::ostringstream out;
    ctl::print_metrics(out, read());
    const auto values = read_prometheus_text(out.str());
    EXPECT_EQ(values.at("belfry_cluster_info{cluster=\"chat\",node=\"a\"}"), 1);
    EXPECT_EQ(values.at("belfry_cluster_state{state=\"stopped\"}"), 0);
    EXPECT_EQ(values.at("belfry_cluster_revision"), 90);
    EXPECT_EQ(values.at("belfry_cluster_behind_revisions"), 10);
    EXPECT_EQ(values.at("belfry_cluster_engine_answered_timestamp_seconds"), 1.5);
    EXPECT_EQ(values.at("belfry_outbox_used_bytes"), 0);
    EXPECT_EQ(values.at("belfry_node_up{node=\"b\"}"), 1);
    EXPECT_EQ(values.at("belfry_node_stored_revision{node=\"b\"}"), 80);
    EXPECT_EQ(values.at("belfry_node_clients{node=\"b\"}"), 3);
    EXPECT_EQ(values.at("belfry_client_node{client=\"ann\",node=\"b\"}"), 1);
    EXPECT_EQ(values.at("belfry_client_online{client=\"ann\"}"), 1);
}

}  // namespace
}  // namespace belfry::test

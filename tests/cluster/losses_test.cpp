#include "tests/support/faulty_disk.hpp"
#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// etcd loses data, is full, or does not let the nodes in; clocks and retention.
namespace belfry::test {
namespace {

using namespace std::chrono_literals;

const std::string log_keys = "/belfry/belfry/log/";

/// Sends messages of client 1 at a node, and waits until they are there.
void say_many(Cluster& cluster, std::size_t node, std::uint64_t count) {
    RawClient sender = cluster.node(node).log_in("1");
    std::string bytes;
    for (std::uint64_t each = 0; each < count; ++each) bytes += "SAY text\r\n";
    const std::uint64_t last = sender.last_id() + count;
    sender.send(bytes);
    sender.read_until_id(last);
    sender.quit();
}

/// Sends messages until one is refused (`ERR`), or one was stored (`SENT`).
/// @return false: that does not happen in time
bool will_answer(RawClient& client, std::string_view verb) {
    const auto answers = [&] {
        client.send("SAY text\r\nPING\r\n");
        return count_verb(client.read_until("PONG"), verb) != 0;
    };
    return eventually(answers, recovery_time, Milliseconds{100});
}

bool will_say(Server& node, std::string_view part) {
    return eventually([&] { return node.errors().find(part) != std::string::npos; }, recovery_time,
                      Milliseconds{20});
}

/// Does what the nodes do with batches that nobody needs any more, and also with those that are
/// still needed.
void delete_and_compact_the_log(EtcdServers& etcd) {
    const std::string deleted = etcd.ctl({"del", "--prefix", log_keys, "--write-out=json"});
    const auto revision = nlohmann::json::parse(deleted).at("header").at("revision");
    etcd.ctl({"compact", std::to_string(revision.get<std::uint64_t>())});
}

TEST(ClusterLosses, ANodeThatWasAwayTooLongStopsAndAsksForABackup) {
    Cluster cluster;
    say_many(cluster, 0, 10);
    cluster.wait_until_equal();
    cluster.kill_node(2);
    say_many(cluster, 0, 100);
    EXPECT_TRUE(eventually([&] { return cluster.stored_id(1) == 110; }));
    delete_and_compact_the_log(cluster.etcd());
    cluster.start_node(2);
    EXPECT_TRUE(cluster.will_be(2, "stopped")) << cluster.node(2).errors();
    EXPECT_TRUE(will_say(cluster.node(2), "backup")) << cluster.node(2).errors();
    EXPECT_EQ(cluster.stored_id(2), 10U) << "it has made up messages";
    say_many(cluster, 0, 10);

    cluster.lose_disk(2);
    cluster.start_from_backup(2, cluster.back_up(1));
    cluster.wait_until_equal();
    EXPECT_EQ(cluster.differences(), "");
}

TEST(ClusterLosses, AnEmptyNodeDoesNotStartIfEtcdNoLongerHoldsTheBeginning) {
    Cluster cluster;
    say_many(cluster, 0, 10);
    cluster.wait_until_equal();
    cluster.lose_disk(2);
    delete_and_compact_the_log(cluster.etcd());
    // The name is free again when the lease has ended.
    EXPECT_TRUE(eventually([&] { return !cluster.status_of(2, 0).at("alive").get<bool>(); },
                           recovery_time, Milliseconds{50}));
    const Result result = run(cluster.command(2), recovery_time);
    EXPECT_EQ(result.status, 2) << result.out << result.err;
    EXPECT_NE(result.err.find("backup"), std::string::npos) << result.err;
    say_many(cluster, 0, 1);  // so that the backup is newer than what was deleted
    cluster.start_from_backup(2, cluster.back_up(0));
    cluster.wait_until_equal();
}

TEST(ClusterLosses, AfterEtcdHasLostEverythingAReseedGoesOnWithTheMessagesOfANode) {
    Cluster cluster;
    say_many(cluster, 0, 50);
    cluster.wait_until_equal();
    const std::string epoch = [&] {
        RawClient client = cluster.node(0).connect();
        return client.log_in("2").option("epoch");
    }();
    RawClient sender = cluster.node(0).log_in("1");
    cluster.etcd().wipe();
    EXPECT_TRUE(will_answer(sender, "ERR"));
    for (std::size_t node = 0; node < 3; ++node) {
        EXPECT_TRUE(cluster.will_be(node, "stopped")) << cluster.node(node).errors();
        EXPECT_TRUE(will_say(cluster.node(node), "reseed")) << cluster.node(node).errors();
    }
    // Its outbox holds what it could not hand over. Nobody was told that this is stored.
    EXPECT_EQ(cluster.node(0).stop(), 1);
    for (const std::size_t node : {1U, 2U}) cluster.node(node).stop();
    const Result reseed = cluster.node(0).belfryctl({"cluster", "reseed", "--force"});
    ASSERT_EQ(reseed.status, 0) << reseed.out << reseed.err;
    cluster.start_node(0);
    const Result other = run(cluster.command(1), recovery_time);
    EXPECT_EQ(other.status, 2) << "it belongs to the earlier epoch: " << other.out << other.err;
    for (const std::size_t node : {1U, 2U}) {
        cluster.lose_disk(node);
        cluster.start_from_backup(node, cluster.back_up(0));
    }
    for (std::size_t node = 0; node < 3; ++node) cluster.wait_until_ok(node);
    RawClient reader = cluster.node(1).connect();
    EXPECT_NE(reader.log_in("3").option("epoch"), epoch);
    reader.read_until("LIVE");
    EXPECT_GE(reader.last_id(), 50U);
    say_many(cluster, 2, 10);
    cluster.wait_until_equal();
    EXPECT_EQ(cluster.differences(), "");
}

TEST(ClusterLosses, AFullEtcdRefusesAndGoesOnWhenThereIsRoom) {
    Cluster cluster{{.etcd = {.quota_bytes = 4U << 20}}};
    RawClient sender = cluster.node(0).log_in("1");
    RawClient reader = cluster.node(1).log_in("2");
    const std::uint64_t before = say(sender, "before");
    const std::string filler(100'000, 'x');
    for (int count = 0; cluster.etcd().try_ctl({"put", "filler", filler}).status == 0; ++count) {
        ASSERT_LT(count, 1000) << "etcd does not become full";
    }
    EXPECT_TRUE(will_answer(sender, "ERR"));
    EXPECT_TRUE(will_say(cluster.node(0), "space exceeded")) << cluster.node(0).errors();
    reader.read_until_id(before);

    const std::string deleted = cluster.etcd().ctl({"del", "filler", "--write-out=json"});
    const auto revision = nlohmann::json::parse(deleted).at("header").at("revision");
    cluster.etcd().ctl({"compact", std::to_string(revision.get<std::uint64_t>())});
    cluster.etcd().ctl({"defrag"});
    cluster.etcd().ctl({"alarm", "disarm"});
    EXPECT_TRUE(will_answer(sender, "SENT"));
    cluster.wait_until_equal();
    EXPECT_EQ(cluster.differences(), "");
}

TEST(ClusterLosses, ANodeWhoseRightsEndRefusesAndGoesOnWhenItHasThemAgain) {
    const TempDir folder;
    const auto user = folder.write("user", "belfry:secret\n");
    std::filesystem::permissions(user, std::filesystem::perms{0600});
    const auto prepare = [](EtcdServers& etcd) {
        etcd.ctl({"user", "add", "root:secret"});
        etcd.ctl({"user", "grant-role", "root", "root"});
        etcd.ctl({"role", "add", "belfry"});
        etcd.ctl(
            {"role", "grant-permission", "belfry", "readwrite", "--prefix", "/belfry/belfry/"});
        etcd.ctl({"user", "add", "belfry:secret"});
        etcd.ctl({"user", "grant-role", "belfry", "belfry"});
        etcd.ctl({"auth", "enable"});
        etcd.log_in_as("root:secret");
    };
    Cluster cluster{{.more = {"--cluster-user-file", user.string()}, .prepare = prepare}};
    RawClient sender = cluster.node(0).log_in("1");
    RawClient reader = cluster.node(1).log_in("2");
    EXPECT_EQ(message_at(reader, say(sender, "before")), "before");
    cluster.etcd().ctl({"user", "revoke-role", "belfry", "belfry"});
    EXPECT_TRUE(will_answer(sender, "ERR"));
    EXPECT_TRUE(will_say(cluster.node(0), "permission")) << cluster.node(0).errors();
    cluster.etcd().ctl({"user", "grant-role", "belfry", "belfry"});
    EXPECT_TRUE(will_answer(sender, "SENT"));
    reader.read_until_id(sender.last_id());
    cluster.wait_until_equal();
    EXPECT_EQ(cluster.differences(), "");
}

TEST(ClusterLosses, TheNodesReachEtcdByTls) {
    const Certificates certificates;
    Cluster cluster{{.etcd = {.certificates = &certificates}}};
    RawClient sender = cluster.node(0).log_in("1");
    RawClient reader = cluster.node(2).log_in("2");
    EXPECT_EQ(message_at(reader, say(sender, "by TLS")), "by TLS");
    cluster.wait_until_equal();
    EXPECT_EQ(cluster.differences(), "");
}

TEST(ClusterLosses, ANodeWhoseClockJumpsByADayRefusesMessagesUntilItIsBack) {
    FaultyDisk clock;
    Cluster cluster{{.environments = {clock.environment()}}};
    RawClient sender = cluster.node(0).log_in("1");
    RawClient other = cluster.node(1).log_in("2");
    say(sender, "before");
    clock.shift_clock(24h);
    EXPECT_TRUE(will_answer(sender, "ERR"));
    EXPECT_TRUE(will_say(cluster.node(0), "clock")) << cluster.node(0).errors();
    say(other, "on");
    clock.shift_clock(0ms);
    EXPECT_TRUE(will_answer(sender, "SENT"));
    cluster.wait_until_equal();
    EXPECT_EQ(cluster.differences(), "");
}

TEST(ClusterLosses, RetentionDeletesTheSameMessagesAtEveryNode) {
    Cluster cluster{{.more = {"--keep-messages", "50"}}};
    say_many(cluster, 0, 500);
    const auto first_ids = [&] {
        std::vector<std::uint64_t> ids;
        for (std::size_t node = 0; node < 3; ++node) {
            ids.push_back(
                cluster.node(node).status().at("log").at("first_id").get<std::uint64_t>());
        }
        return ids;
    };
    EXPECT_TRUE(eventually([&] { return first_ids() == std::vector<std::uint64_t>(3, 451); },
                           recovery_time, Milliseconds{50}))
        << testing::PrintToString(first_ids());
    for (std::size_t node = 0; node < 3; ++node) {
        RawClient reader = cluster.node(node).connect();
        static_cast<void>(reader.log_in(std::to_string(node + 2)));
        reader.expect("GAP 1 450");
        reader.read_until_id(500);
    }
    cluster.wait_until_equal();
    // Each node tells the others every few seconds what it has deleted.
    EXPECT_TRUE(eventually([&] { return cluster.differences().empty(); }, recovery_time))
        << cluster.differences();
}

}  // namespace
}  // namespace belfry::test

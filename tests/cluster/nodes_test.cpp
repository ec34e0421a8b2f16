#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// Nodes fail, come back, are replaced and added.
namespace belfry::test {
namespace {

class ClusterNodes : public SharedCluster {
  protected:
    void SetUp() override {
        for (std::size_t node = 0; node < 3; ++node) cluster().wait_until_ok(node);
    }

    static void say_many(std::size_t node, int count) {
        RawClient sender = log_in(node, "1");
        std::string bytes;
        for (int each = 0; each < count; ++each) bytes += "SAY text\r\n";
        const std::uint64_t last = sender.last_id() + static_cast<std::uint64_t>(count);
        sender.send(bytes);
        sender.read_until_id(last);
        sender.quit();
    }

    /// Returns the command of a node, with one option changed.
    [[nodiscard]] static Invocation with(Invocation command, const std::string& option,
                                         const std::string& value) {
        auto& arguments = command.arguments;
        const auto found = std::ranges::find(arguments, option);
        if (found != arguments.end()) *(found + 1) = value;
        return command;
    }
};

TEST_F(ClusterNodes, AClientOfADeadNodeGoesOnAtAnotherOneAndLosesNothing) {
    RawClient sender = log_in(1, "1");
    {
        RawClient reader = log_in(0, "2", "ack=manual");
        reader.read_until_id(say(sender, "first"));
        cluster().crash_machine(0);
        EXPECT_TRUE(reader.read_to_the_end().empty());
    }
    const std::uint64_t id = say(sender, "second");
    RawClient moved = log_in(2, "2", "ack=manual");
    EXPECT_GE(moved.last_id(), id);
    cluster().start_node(0);
    cluster().wait_until_equal();
}

TEST_F(ClusterNodes, TheClientsOfADeadNodeAreOfflineAfterItsLease) {
    RawClient watcher = log_in(1, "3", "presence=on");
    const RawClient lost = log_in(0, "4");
    watcher.expect("ONLINE 4");
    cluster().kill_node(0);
    EXPECT_EQ(watcher.next(recovery_time).line, "OFFLINE 4");
    EXPECT_TRUE(eventually([] { return !cluster().status_of(0, 1).at("alive").get<bool>(); },
                           recovery_time, Milliseconds{50}));
    cluster().start_node(0);
}

TEST_F(ClusterNodes, ASecondNodeOfTheSameNameDoesNotStart) {
    const TempDir folder;
    Invocation second = with(cluster().command(1), "--data-dir", (folder.path() / "data").string());
    second = with(second, "--port-file", (folder.path() / "port").string());
    const Result result = run(second, recovery_time);
    EXPECT_EQ(result.status, 2) << result.out << result.err;
    EXPECT_NE(result.err.find("b"), std::string::npos) << result.err;
    std::cout << result.err;
    EXPECT_EQ(cluster().state(1), "ok");
}

TEST_F(ClusterNodes, ANodeThatLostItsDiskBeginsFromABackupOfAnother) {
    say_many(0, 100);
    cluster().lose_disk(2);
    say_many(0, 100);
    cluster().start_from_backup(2, cluster().back_up(1));
    cluster().wait_until_equal();
    EXPECT_EQ(cluster().differences(), "");
}

TEST_F(ClusterNodes, ANodeFromAnOldBackupOfItselfCatchesUp) {
    const auto old = cluster().back_up(2);
    say_many(0, 100);
    cluster().wait_until_equal();
    cluster().lose_disk(2);
    say_many(0, 100);
    cluster().start_from_backup(2, old);
    cluster().wait_until_equal();
    EXPECT_EQ(cluster().differences(), "");
}

TEST_F(ClusterNodes, AnEmptyNodeBeginsFromTheStartOfTheLogIfEtcdHoldsAllOfIt) {
    say_many(0, 100);
    cluster().lose_disk(2);
    say_many(0, 100);
    cluster().start_node(2);
    cluster().wait_until_equal();
    EXPECT_EQ(cluster().differences(), "");
}

TEST_F(ClusterNodes, ANodeThatStopsCleanlyTellsItsClientsAndHandsOverWhatItAccepted) {
    RawClient reader = log_in(1, "2");
    RawClient sender = log_in(0, "1");
    const std::uint64_t before = sender.last_id();
    std::string bytes;
    for (int count = 0; count < 300; ++count) bytes += "SAY text\r\n";
    sender.send(bytes + "PING\r\n");
    sender.read_until("PONG");
    EXPECT_EQ(cluster().node(0).stop(), 0) << cluster().node(0).errors();
    EXPECT_EQ(sender.read_to_the_end().back().line, "BYE shutting-down");
    reader.read_until_id(before + 300);
    cluster().start_node(0);
    cluster().wait_until_equal();
}

TEST_F(ClusterNodes, AnotherNodeCanBeAddedWithABackup) {
    const std::uint64_t id = [] {
        RawClient sender = log_in(0, "1");
        return say(sender, "old");
    }();
    const Result registered = cluster().node(0).belfryctl({"cluster", "add", "added"});
    EXPECT_EQ(registered.status, 0) << registered.err;
    EXPECT_EQ(cluster().node(1).belfryctl({"cluster", "add", "a"}).status, 2) << "it runs";
    const TempDir folder;
    const auto data_dir = folder.make("data");
    std::filesystem::permissions(data_dir, std::filesystem::perms::owner_all);
    std::filesystem::copy_file(cluster().back_up(0), data_dir / "belfry.db");
    Invocation command = with(cluster().command(0), "--data-dir", data_dir.string());
    command = with(command, "--port-file", (folder.path() / "port").string());
    command = with(command, "--node", "added");
    RunningServer added;
    added.start(command, recovery_time);
    RawClient sender = log_in(0, "1");
    const auto lets_in = [&] {
        RawClient client{added.port()};
        client.send("LOGIN 2\r\n");
        return client.next(recovery_time).verb == "WELCOME";
    };
    EXPECT_TRUE(eventually(lets_in, recovery_time, Milliseconds{50}));
    RawClient reader{added.port()};
    static_cast<void>(reader.log_in_live("2"));
    EXPECT_GE(reader.last_id(), id);
    EXPECT_EQ(message_at(reader, say(sender, "new")), "new");
    reader.quit();
    EXPECT_EQ(added.stop(), 0) << added.errors();
}

TEST_F(ClusterNodes, BelfryTriesOneNodeAfterTheOther) {
    cluster().kill_node(0);
    const Result sent = run({program("belfry"),
                             {"-client_id", "5", "-server_ip", cluster().addresses(0)},
                             Input::file(source_file("LICENSE"))},
                            recovery_time);
    EXPECT_EQ(sent.status, 0) << sent.err;
    cluster().start_node(0);
    cluster().wait_until_equal();
}

}  // namespace
}  // namespace belfry::test

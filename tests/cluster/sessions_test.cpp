#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

/// A client has one session in the whole cluster, and everybody knows where.
namespace belfry::test {
namespace {

class ClusterSessions : public SharedCluster {
  protected:
    /// Returns the line of `WHO` about a client.
    [[nodiscard]] static std::string who(RawClient& asker, const std::string& client) {
        asker.send("WHO\r\n");
        for (const Frame& frame : asker.read_until("END")) {
            if (frame.verb == "USER" && frame.fields[0] == client) return frame.fields[1];
        }
        return "nobody";
    }

    [[nodiscard]] static bool is_told(RawClient& watcher, const std::string& line) {
        return watcher.read_until(line.substr(0, line.find(' '))).back().line == line;
    }
};

TEST_F(ClusterSessions, ALoginAtAnotherNodeTakesOver) {
    RawClient earlier = log_in(0, "1");
    RawClient later = log_in(1, "1");
    earlier.expect("BYE taken-over");
    earlier.expect_closed();
    say(later, "mine now");
}

TEST_F(ClusterSessions, NothingOfTheEarlierSessionIsAppendedAfterTheLaterWelcome) {
    for (int round = 0; round < 20; ++round) {
        RawClient earlier = log_in(0, "1");
        std::string bytes;
        for (int count = 0; count < 200; ++count) bytes += "SAY earlier\r\n";
        earlier.send(bytes);
        RawClient later = cluster().node(1).connect();
        static_cast<void>(later.log_in("1"));
        later.read_until("LIVE");
        const std::uint64_t at_login = later.last_id();
        const std::uint64_t id = say(later, "later");
        EXPECT_EQ(id, at_login + 1);
        const auto frames = earlier.read_to_the_end();
        EXPECT_EQ(frames.back().line, "BYE taken-over");
        EXPECT_LE(earlier.last_id(), at_login);
    }
}

TEST_F(ClusterSessions, ManyTakeOversAcrossNodesLeaveOneSession) {
    std::vector<RawClient> earlier;
    for (std::size_t count = 0; count < 21; ++count) earlier.push_back(log_in(count % 3, "2"));
    RawClient last = log_in(0, "2");
    for (RawClient& client : earlier) {
        client.expect("BYE taken-over");
        client.expect_closed();
    }
    say(last, "the last one");
    const auto sessions_of_2 = [] {
        std::size_t sessions = 0;
        for (std::size_t node = 0; node < 3; ++node) {
            if (cluster().node(node).client_status("2").at("pid").get<pid_t>() != 0) ++sessions;
        }
        return sessions;
    };
    EXPECT_TRUE(eventually([&] { return sessions_of_2() == 1; }));
}

TEST_F(ClusterSessions, PresenceTellsOfClientsAtOtherNodes) {
    RawClient watcher = log_in(0, "3", "presence=on");
    {
        RawClient other = log_in(1, "4");
        EXPECT_TRUE(is_told(watcher, "ONLINE 4"));
        other.quit();
    }
    EXPECT_TRUE(is_told(watcher, "OFFLINE 4"));
}

TEST_F(ClusterSessions, WhoTellsOfClientsAtOtherNodes) {
    RawClient asker = log_in(0, "3");
    {
        RawClient other = log_in(1, "5");
        EXPECT_TRUE(eventually([&] { return who(asker, "5") == "online"; }));
        other.quit();
    }
    EXPECT_TRUE(eventually([&] { return who(asker, "5") == "offline"; }));
}

TEST_F(ClusterSessions, AKilledSessionIsOfflineAtEveryNode) {
    RawClient watcher = log_in(0, "3", "presence=on");
    const RawClient other = log_in(1, "6");
    EXPECT_TRUE(is_told(watcher, "ONLINE 6"));
    ::kill(cluster().node(1).child_of("6"), SIGKILL);
    EXPECT_TRUE(is_told(watcher, "OFFLINE 6"));
}

TEST_F(ClusterSessions, AnUnknownClientIsRefusedAtEveryNode) {
    for (std::size_t node = 0; node < 3; ++node) {
        RawClient stranger = cluster().node(node).connect();
        stranger.send("LOGIN nobody\r\n");
        stranger.expect_error("unknown-client");
    }
}

}  // namespace
}  // namespace belfry::test

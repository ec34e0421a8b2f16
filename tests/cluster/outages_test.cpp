#include "tests/cluster/refusals.hpp"
#include "tests/support/shared_cluster.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// etcd, or the network to it, fails and comes back.
namespace belfry::test {
namespace {

class ClusterOutages : public SharedCluster {
  protected:
    void SetUp() override {
        for (std::size_t node = 0; node < 3; ++node) cluster().wait_until_ok(node);
    }
};

TEST_F(ClusterOutages, NobodyNoticesTheDeathOfAnEtcdServerThatDoesNotLead) {
    const std::size_t victim = (cluster().etcd().leader() + 1) % 3;
    RawClient sender = log_in(0, "1");
    RawClient reader = log_in(1, "2");
    cluster().etcd().kill(victim);
    for (int count = 0; count < 20; ++count) {
        EXPECT_EQ(message_at(reader, say(sender, "on")), "on");
    }
    cluster().etcd().restart(victim);
}

TEST_F(ClusterOutages, MessagesWaitWhileEtcdElectsALeader) {
    RawClient sender = log_in(0, "1");
    RawClient reader = log_in(1, "2");
    const std::size_t leader = cluster().etcd().leader();
    cluster().etcd().kill(leader);
    sender.send("SAY waits\r\n");
    const auto sent = [&] {
        for (;;) {
            Frame frame = sender.next(recovery_time);
            if (frame.verb == "SENT") return frame;
        }
    }();
    EXPECT_EQ(message_at(reader, sent.number(1)), "waits");
    cluster().etcd().restart(leader);
}

TEST_F(ClusterOutages, AStoppedLeaderOfEtcdIsLikeADeadOne) {
    RawClient reader = log_in(1, "2");
    Sender sender = sender_at(cluster().node(0), "1");
    const std::size_t leader = cluster().etcd().leader();
    cluster().etcd().stop(leader);
    const std::uint64_t id = send_until_sent(sender.client, sender.seq);
    EXPECT_EQ(message_at(reader, id), "text");
    cluster().etcd().resume(leader);
}

TEST_F(ClusterOutages, WithoutAMajorityMessagesAndLoginsAreRefusedAndReadingContinues) {
    Sender sender = sender_at(cluster().node(0), "1");
    RawClient reader = log_in(1, "2");
    const std::uint64_t before = say(reader, "before");
    cluster().etcd().kill(0);
    cluster().etcd().kill(1);
    const std::uint64_t refused = send_until_refused(sender.client, sender.seq);
    EXPECT_TRUE(cluster().will_be(0, "no-engine"));
    EXPECT_TRUE(cluster().will_be(1, "no-engine"));
    expect_no_login(cluster().node(2), "3");
    const auto past = history(reader, before, 1);
    ASSERT_EQ(past.size(), 2U);
    EXPECT_TRUE(past[0].ends_with(" before")) << past[0];
    reader.expect_pong();

    cluster().etcd().restart(0, false);
    cluster().etcd().restart(1);
    const std::uint64_t id = send_until_sent(sender.client, refused);
    // All messages that were accepted before the refused one have ids below it.
    EXPECT_EQ(id - before, refused - sender.seq + 1);
    EXPECT_EQ(message_at(reader, id), "text");
    cluster().wait_until_ok(2);
    RawClient next = log_in(2, "3");
}

TEST_F(ClusterOutages, ANodeThatIsCutOffRefusesAndTheOthersGoOn) {
    Sender sender = sender_at(cluster().node(0), "1");
    Sender other = sender_at(cluster().node(1), "2");
    cluster().cut_off(0);
    const std::uint64_t refused = send_until_refused(sender.client, sender.seq);
    EXPECT_TRUE(cluster().will_be(0, "no-engine"));
    expect_no_login(cluster().node(0), "3");
    const std::uint64_t id = send_until_sent(other.client, other.seq);
    EXPECT_EQ(cluster().state(1), "ok");

    // A client of the cut-off node moves and loses nothing.
    RawClient moved = cluster().node(1).connect();
    static_cast<void>(moved.log_in("1"));
    moved.read_until("LIVE");
    EXPECT_EQ(moved.last_id(), id);
    std::string bytes;
    for (std::uint64_t seq = sender.seq; seq <= refused; ++seq) {
        bytes += "SEND " + std::to_string(seq) + " 4\r\ntext\r\n";
    }
    moved.send(bytes);
    moved.read_until_id(id + refused - sender.seq + 1);

    cluster().reconnect(0);
    cluster().wait_until_equal();
    EXPECT_EQ(cluster().stored_id(0), id + refused - sender.seq + 1);
    EXPECT_EQ(cluster().differences(), "");
}

TEST_F(ClusterOutages,
       AClientThatMovesAwayAndBackWhileTheOutboxStillHoldsItsMessagesSendsThemOnce) {
    Sender sender = sender_at(cluster().node(0), "1");
    const std::uint64_t before = sender.client.last_id();
    const pid_t replica = cluster().replica(0);
    stop_process(replica);
    const auto messages = [&](std::uint64_t count) {
        std::string bytes;
        for (std::uint64_t seq = sender.seq; seq < sender.seq + count; ++seq) {
            bytes += "SEND " + std::to_string(seq) + " 4\r\ntext\r\n";
        }
        return bytes;
    };
    sender.client.send(messages(5) + "PING\r\n");
    sender.client.read_until("PONG");
    sender.client.reset();
    {
        RawClient moved = log_in(1, "1");
        moved.send(messages(7));
        moved.read_until_id(before + 7);
    }
    RawClient back = cluster().node(0).connect();
    back.send("LOGIN 1\r\n" + messages(9));
    ASSERT_EQ(::kill(replica, SIGCONT), 0);
    const Frame welcome = back.next(recovery_time);
    EXPECT_EQ(welcome.verb, "WELCOME") << welcome.line;
    back.read_until_id(before + 9);
    back.expect_pong();
    cluster().wait_until_equal();
    EXPECT_EQ(cluster().stored_id(0), before + 9);
}

TEST_F(ClusterOutages, ABatchThatArrivesAfterItsNodeHasLostItsSegmentIsNotDoubled) {
    Sender sender = sender_at(cluster().node(0), "1");
    const std::uint64_t before = sender.client.last_id();
    std::string bytes;
    for (std::uint64_t seq = sender.seq; seq < sender.seq + 5; ++seq) {
        bytes += "SEND " + std::to_string(seq) + " 4\r\ntext\r\n";
    }
    cluster().cut_off(0);
    sender.client.send(bytes + "PING\r\n");
    sender.client.read_until("PONG");
    EXPECT_TRUE(eventually([] { return !cluster().status_of(0, 1).at("alive").get<bool>(); },
                           recovery_time, Milliseconds{50}));
    cluster().crash_machine(0);
    RawClient moved = log_in(1, "1");
    moved.send(bytes);
    moved.read_until_id(before + 5);
    cluster().reconnect(0);  // what the dead node has sent arrives now
    cluster().start_node(0);
    cluster().wait_until_equal();
    EXPECT_EQ(cluster().stored_id(0), before + 5);
    EXPECT_EQ(cluster().differences(), "");
}

TEST_F(ClusterOutages, ALoginThatAFailoverHeldUpThrowsOutNoLaterOne) {
    const pid_t replica = cluster().replica(0);
    stop_process(replica);
    RawClient held_up = cluster().node(0).connect();
    held_up.send("LOGIN 4\r\n");
    held_up.reset();
    RawClient later = log_in(1, "4");
    ASSERT_EQ(::kill(replica, SIGCONT), 0);
    // A message of node 0 comes after everything that its outbox held.
    RawClient other = log_in(0, "5");
    const std::uint64_t id = say(other, "after");
    later.read_until_id(id);
    say(later, "still here");
}

TEST_F(ClusterOutages, ANodeWhoseConnectionsAreHalfOpenGoesOn) {
    Sender sender = sender_at(cluster().node(0), "1");
    RawClient reader = log_in(1, "2");
    for (int round = 0; round < 3; ++round) {
        cluster().leave_half_open(0);
        const std::uint64_t id = send_until_sent(sender.client, sender.seq++);
        EXPECT_EQ(message_at(reader, id), "text");
    }
}

TEST_F(ClusterOutages, AShortCutOfTheNetworkRefusesNothing) {
    RawClient sender = log_in(0, "1");
    for (int round = 0; round < 5; ++round) {
        cluster().reset_connections(0);
        say(sender, "on");
    }
}

}  // namespace
}  // namespace belfry::test

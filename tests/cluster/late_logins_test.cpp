#include "tests/cluster/refusals.hpp"
#include "tests/support/shared_cluster.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A failover holds a login up for ten seconds, and its client logs in at another node meanwhile.
namespace belfry::test {
namespace {

constexpr std::chrono::seconds failover{10};

class ClusterLateLogins : public SharedCluster {
  protected:
    void SetUp() override {
        for (std::size_t node = 0; node < 3; ++node) cluster().wait_until_ok(node);
    }

    /// Connects to a node, and sends the beginning of a login, so that there is a session for it.
    [[nodiscard]] static RawClient begin_login(std::size_t node) {
        Server& server = cluster().node(node);
        const std::size_t before = server.sessions().size();
        RawClient client = server.connect();
        client.send("LOG");
        EXPECT_TRUE(eventually([&] { return server.sessions().size() > before; }));
        return client;
    }

    /// Returns the processes without which the sessions of a node hear nothing of the cluster. A
    /// supervisor that runs would kill a replica that is stopped.
    [[nodiscard]] static std::vector<pid_t> links(std::size_t node) {
        return {cluster().node(node).pid(), cluster().replica(node)};
    }

    /// Sends messages with the next seqs, and waits until they are accepted.
    static void send_some(RawClient& client, std::uint64_t& seq) {
        const std::uint64_t before = client.last_id();
        for (int count = 0; count < some; ++count) client.send_message(++seq, "text");
        client.read_until_id(before + some);
    }

    /// Returns the seq of the last message of a client, as its WELCOME says.
    [[nodiscard]] static std::uint64_t seq_in(const Frame& welcome) {
        return std::stoull(welcome.option("seq"));
    }

    /// Expects that the client's only session is that of a connection: it is alive after everything
    /// that the outboxes of all nodes held.
    static void expect_current(RawClient& client) {
        for (std::size_t node = 0; node < 3; ++node) {
            cluster().wait_until_ok(node);
            RawClient other = log_in(node, "6");
            client.read_until_id(say(other, "after"));
            other.quit();
        }
        say(client, "still here");
    }

    static constexpr int some = 5;
};

/// Processes that are stopped while the object exists.
class Stopped {
  public:
    explicit Stopped(std::vector<pid_t> processes) : processes_{std::move(processes)} {
        for (const pid_t process : processes_) stop_process(process);
    }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    /// In reverse order, because a supervisor kills a replica that is still stopped.
    ~Stopped() {
        std::ranges::reverse(processes_);
        for (const pid_t process : processes_) EXPECT_EQ(::kill(process, SIGCONT), 0);
    }

  private:
    std::vector<pid_t> processes_;
};

TEST_F(ClusterLateLogins, WhileEtcdIsFrozenAreRefusedAndThrowOutNobodyAfterwards) {
    const auto frozen_at = Clock::now();
    cluster().etcd().stop(1);
    cluster().etcd().stop(2);
    cluster().cut_off(0);  // what its outbox holds shall come after the login at another node
    RawClient late = cluster().node(0).connect();
    late.send("LOGIN 4\r\n");
    RawClient elsewhere = cluster().node(1).connect();
    elsewhere.send("LOGIN 4\r\n");
    expect_unavailable(late);
    expect_unavailable(elsewhere);
    std::cout << "refused after " << milliseconds_since(frozen_at) << " ms\n";
    std::this_thread::sleep_until(frozen_at + failover);
    cluster().etcd().resume(1);
    cluster().etcd().resume(2);

    cluster().wait_until_ok(1);
    RawClient later = cluster().node(1).connect();
    std::uint64_t seq = seq_in(later.log_in("4"));
    later.read_until("LIVE");
    send_some(later, seq);
    cluster().reconnect(0);
    expect_current(later);
}

TEST_F(ClusterLateLogins, AreVoidIfTheirClientsHaveGivenUp) {
    RawClient late = begin_login(0);
    const auto stopped_at = Clock::now();
    RawClient later = [&] {
        const Stopped stopped{links(0)};
        late.send("IN 4\r\n");
        RawClient client = cluster().node(1).connect();
        std::uint64_t seq = seq_in(client.log_in("4"));
        client.read_until("LIVE");
        send_some(client, seq);
        late.reset();
        std::this_thread::sleep_until(stopped_at + failover);
        return client;
    }();
    expect_current(later);
}

TEST_F(ClusterLateLogins, TakeOverInOrderOrAreRefusedIfTheirClientsStillWait) {
    RawClient late = begin_login(0);
    const auto stopped_at = Clock::now();
    std::uint64_t seq = 0;
    RawClient later = [&] {
        const Stopped stopped{links(0)};
        late.send("IN 5\r\n");
        RawClient client = cluster().node(1).connect();
        seq = seq_in(client.log_in("5"));
        client.read_until("LIVE");
        send_some(client, seq);
        std::this_thread::sleep_until(stopped_at + failover);
        return client;
    }();
    const auto answer = late.next_or_end(recovery_time);
    ASSERT_TRUE(answer);
    std::cout << answer->line << "\n";
    if (answer->verb == "ERR") {
        EXPECT_TRUE(answer->line.starts_with("ERR unavailable - ")) << answer->line;
        late.expect_closed();
        return expect_current(later);
    }
    EXPECT_EQ(seq_in(*answer), seq);
    late.read_until("LIVE");
    EXPECT_EQ(later.read_to_the_end().back().line, "BYE taken-over");
    late.send("SEND " + std::to_string(seq) + " 4\r\ntext\r\n");
    late.expect("DUP " + std::to_string(seq));
    send_some(late, seq);
    expect_current(late);
}

TEST_F(ClusterLateLogins, ThatBelfryGivesUpBeforeANodeReadsThemDoNotEndItsSessionElsewhere) {
    Process belfry{[] {
        const Stopped supervisor{{cluster().node(0).pid()}};  // which would accept the connection
        Process started{{.program = program("belfry"),
                         .arguments = {"-client_id", "3", "-server_ip", cluster().addresses(0)},
                         .input = Input::pipe()}};
        const auto is_elsewhere = [] {
            return cluster().node(1).client_status("3").at("online").get<bool>();
        };
        EXPECT_TRUE(eventually(is_elsewhere, recovery_time, Milliseconds{50}));
        return started;
    }()};
    RawClient reader = log_in(1, "2");
    for (std::size_t node = 0; node < 3; ++node) {
        cluster().wait_until_ok(node);
        RawClient other = log_in(node, "6");
        reader.read_until_id(say(other, "after"));
    }
    belfry.write("still here\n");
    const Frame message = reader.read_until("MSG").back();
    EXPECT_EQ(message.fields[1] + " " + message.payload, "3 still here") << belfry.err();
    EXPECT_EQ(belfry.err().find("taken"), std::string::npos) << belfry.err();
    belfry.close_input();
    EXPECT_EQ(belfry.wait(recovery_time), 0) << belfry.err();
}

}  // namespace
}  // namespace belfry::test

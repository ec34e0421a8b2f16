#include "tests/support/crash/cluster_crowd.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>

/// Processes die under load, while clients of all nodes send and receive. The clients judge all
/// nodes together: nothing is lost, doubled, torn or reordered, and all nodes are equal.
namespace belfry::test {
namespace {

using namespace std::chrono_literals;

class ClusterKills : public ::testing::Test {
  protected:
    /// Harms the crowd's cluster again and again, and waits after each time until all clients have
    /// new messages.
    void survive(const std::string& what, int times, const std::function<void()>& harm) {
        for (int count = 0; count < times; ++count) {
            crowd_.pause(100ms);
            harm();
            crowd_.wait_until_all_go_on();
        }
        const Verdict verdict = crowd_.finish();
        std::cout << what << "=" << times << " breaks=" << crowd_.clients().breaks()
                  << " refusals=" << crowd_.clients().refusals() << " " << verdict << "\n";
    }

    ClusterCrowd crowd_;
    Cluster& cluster_ = crowd_.cluster();
};

TEST_F(ClusterKills, OfSessionsLoseNothing) {
    survive("sessions", 30, [&] {
        const auto sessions = cluster_.node(crowd_.any_node()).sessions();
        if (!sessions.empty()) ::kill(sessions.front(), SIGKILL);
    });
}

TEST_F(ClusterKills, OfReplicasLoseNothing) {
    survive("replicas", 30, [&] {
        const pid_t replica = cluster_.replica(crowd_.any_node());
        if (replica != 0) ::kill(replica, SIGKILL);
    });
}

TEST_F(ClusterKills, OfSupervisorsLoseNothing) {
    survive("supervisors", 10, [&] {
        const std::size_t node = crowd_.any_node();
        cluster_.node(node).kill_supervisor();
        cluster_.start_node(node);
        crowd_.node_moved(node);
    });
}

TEST_F(ClusterKills, OfNodesLoseNothing) {
    survive("nodes", 5, [&] {
        const std::size_t node = crowd_.any_node();
        if (crowd_.one_in(2)) {
            cluster_.kill_node(node);
        } else {
            cluster_.crash_machine(node);
        }
        cluster_.start_node(node);
        crowd_.node_moved(node);
    });
}

TEST_F(ClusterKills, OfEtcdServersLoseNothing) {
    survive("etcd servers", 6, [&] {
        EtcdServers& etcd = cluster_.etcd();
        const std::size_t victim = crowd_.one_in(2) ? etcd.leader() : crowd_.any_node();
        etcd.kill(victim);
        if (crowd_.one_in(2)) etcd.kill((victim + 1) % 3);
        if (crowd_.one_in(2)) etcd.kill((victim + 2) % 3);
        crowd_.pause(2s);
        for (std::size_t server = 0; server < 3; ++server) {
            if (!etcd.is_running(server)) etcd.restart(server, false);
        }
    });
}

TEST_F(ClusterKills, OfNothingButConnectionsLetClientsMoveWithoutALoss) {
    survive("moves", 30, [&] {
        if (crowd_.one_in(5)) {
            crowd_.move_all();
        } else {
            crowd_.move_any();
        }
    });
}

}  // namespace
}  // namespace belfry::test

#pragma once

#include "tests/support/cluster.hpp"
#include "tests/support/crash/exact_clients.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// A cluster, and six clients that send and receive without a pause at all of its nodes. A client
/// that connects again chooses any node.
class ClusterCrowd {
  public:
    static constexpr std::size_t size = 6;

    /// A client-id that none of the six clients has.
    static constexpr std::string_view reader = "reader";

    /// @param options client_ids is overwritten
    explicit ClusterCrowd(ClusterOptions options = {}, double max_per_second = default_speed);

    [[nodiscard]] Cluster& cluster() { return cluster_; }
    [[nodiscard]] ExactClients& clients() { return clients_; }
    [[nodiscard]] std::mt19937_64& random() { return random_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// Makes a random client connect again, to any node.
    void move_any() { clients_.cut_any(random_); }

    /// Makes every client connect again.
    void move_all();

    /// To be called after a node was started again, on another port.
    void node_moved(std::size_t index) { ports_[index] = cluster_.node(index).port(); }

    /// Waits for a random time of at most `at_most`.
    void pause(std::chrono::microseconds at_most);

    [[nodiscard]] std::size_t any_node();
    [[nodiscard]] bool one_in(unsigned count);

    /// Waits until every client has received a message that is newer than this call. Throws Failure
    /// if one does not.
    void wait_until_all_go_on();

    /// Waits until every client has received every message and all nodes are equal, and compares
    /// what the clients saw, and what the nodes have. Everything that is wrong becomes a failure of
    /// the running test.
    Verdict finish();

  private:
    /// The machine carries clients, nodes and etcd servers at once.
    static constexpr double default_speed = 2000;

    [[nodiscard]] std::uint16_t port_of_any_node();
    [[nodiscard]] std::vector<ExactClient::Connect> all_ways();
    [[nodiscard]] std::string all_states();

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::atomic<std::uint64_t> connections_ = 0;
    Cluster cluster_;
    std::vector<std::atomic<std::uint16_t>> ports_;
    ExactClients clients_;  ///< last: its threads use the above
};

}  // namespace belfry::test

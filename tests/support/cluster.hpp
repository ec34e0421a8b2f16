#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/etcd_servers.hpp"
#include "tests/support/linked_network.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// The time in which a cluster must have recovered from anything: the lease of a node that has died
/// must end, and etcd may have to elect a leader.
inline constexpr Milliseconds recovery_time{40'000};

struct ClusterOptions {
    std::size_t nodes = 3;
    std::string client_ids = "1,2,3,4,5,6";
    std::vector<std::string> more = {};  ///< further options of every belfryd
    EtcdOptions etcd = {};
    std::function<void(EtcdServers&)> prepare = [](EtcdServers&) {};  ///< before the nodes start
    std::vector<Environment> environments = {};  ///< of the first nodes; of the others it is empty
    /// The first one is in a network namespace of its own, if the system permits that. Then
    /// cut_off() takes its link down, but leave_half_open() and reset_connections() work as ever.
    bool has_linked_node = false;
};

/// A real cluster on this machine: etcd servers, and nodes that reach each of them through a
/// network of their own, which a test can break. With TLS each node has a certificate whose common
/// name is that of the node. The destructor leaves nothing behind, however the
/// test ends and whatever it has killed. Nodes and etcd servers are counted from 0; the names of
/// the nodes are `a`, `b`, `c` and so on.
class Cluster {
  public:
    /// Starts everything, and waits until all nodes can be logged in at and know each other.
    explicit Cluster(ClusterOptions options = {});

    [[nodiscard]] EtcdServers& etcd() { return etcd_; }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] Server& node(std::size_t index) { return *nodes_.at(index)->server; }
    [[nodiscard]] static std::string name_of(std::size_t node) {
        return std::string(1, static_cast<char>('a' + node));
    }

    // --- kills ---

    /// Kills all processes of a node at once. Its segment remains.
    void kill_node(std::size_t index) { node(index).kill_all(); }

    /// Kills a node and removes its segment, as the failure of a machine does.
    void crash_machine(std::size_t index);

    /// Kills a node, and removes its segment and its data directory.
    void lose_disk(std::size_t index);

    /// Starts a node again after it has ended, and waits until it listens.
    void start_node(std::size_t index);

    /// Starts a node whose disk was lost with a copy of another node's database.
    void start_from_backup(std::size_t index, const std::filesystem::path& backup);

    /// Makes such a copy, which is removed with the cluster.
    [[nodiscard]] std::filesystem::path back_up(std::size_t index);

    // --- the networks between the nodes and etcd ---

    /// Loses every packet between a node and etcd.
    void cut_off(std::size_t index);

    /// Breaks the connections of a node at the ends of etcd alone.
    void leave_half_open(std::size_t index);

    /// Resets the connections of a node. It can connect again at once.
    void reset_connections(std::size_t index);

    /// Ends the effect of cut_off().
    void reconnect(std::size_t index);

    // --- facts ---

    /// Returns `cluster` of the status of a node.
    [[nodiscard]] nlohmann::json status(std::size_t index) {
        return node(index).status().at("cluster");
    }

    /// Returns what a node says about another one.
    [[nodiscard]] nlohmann::json status_of(std::size_t other, std::size_t index);

    [[nodiscard]] std::string state(std::size_t index);

    /// Returns the process that connects a node with etcd; 0 if there is none at this moment.
    [[nodiscard]] pid_t replica(std::size_t index);

    /// Waits for a state of a node.
    [[nodiscard]] bool will_be(std::size_t index, std::string_view state);

    /// Waits until the node is `ok`, and can be logged in at. Throws Failure if it does not become
    /// so.
    void wait_until_ok(std::size_t index);

    /// Waits until all nodes are `ok` and have the same messages. Throws Failure otherwise.
    void wait_until_equal();

    /// Compares the messages of all nodes by `belfryctl check --cluster` at each node, and each
    /// node with itself by `belfryctl check`. Returns what they complain about; empty: nothing.
    [[nodiscard]] std::string differences();

    /// Returns the command that starts a node, for tests that start another one.
    [[nodiscard]] Invocation command(std::size_t index) { return node(index).command(); }

    /// Returns the addresses of all nodes, as `-server_ip` expects them, beginning with one of
    /// them.
    [[nodiscard]] std::string addresses(std::size_t first = 0);

    /// Returns the highest id in the database of a node.
    [[nodiscard]] std::uint64_t stored_id(std::size_t index);

  private:
    struct Node {
        std::unique_ptr<LinkedNetwork> link;              ///< often none
        std::vector<std::unique_ptr<TcpProxy>> networks;  ///< one to each etcd server
        std::unique_ptr<Server> server;
    };

    [[nodiscard]] static std::string address_for(const Node& node);
    [[nodiscard]] std::vector<std::string> engine_options(std::size_t index) const;
    [[nodiscard]] bool know_each_other();
    void for_each_network(std::size_t index, const std::function<void(TcpProxy&)>& act);

    ClusterOptions options_;
    TempDir folder_;
    EtcdServers etcd_;
    std::vector<std::unique_ptr<Node>> nodes_;
    int backups_ = 0;
};

}  // namespace belfry::test

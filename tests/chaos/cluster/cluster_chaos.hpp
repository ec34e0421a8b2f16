#pragma once

#include "tests/support/crash/cluster_crowd.hpp"
#include "tests/support/proc.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// Kills, stops and cuts off the parts of a crowd's cluster in every way, at random moments, up to
/// three of them at once. The crowd's seed determines the order.
class ClusterChaos {
  public:
    explicit ClusterChaos(ClusterCrowd& crowd);

    /// Attacks in rounds for the duration, or until a client has seen a fault. After each round
    /// everything is repaired, and every client must receive new messages.
    void attack_for(std::chrono::seconds duration);

    /// Returns how often each kind of attack was made.
    [[nodiscard]] const std::map<std::string_view, unsigned>& counts() const { return counts_; }

    /// Returns the longest time from the end of a repair until every client received new messages.
    [[nodiscard]] double longest_recovery_ms() const { return longest_recovery_ms_; }

    /// Log lines of the nodes about processes that this class did not kill: those that aborted or
    /// crashed.
    [[nodiscard]] const std::set<std::string>& complaints() const { return complaints_; }

  private:
    struct Kind {
        std::string_view name;
        void (ClusterChaos::*attack)();
    };
    static const std::vector<Kind> kinds;

    void play_round();
    void attack();
    void repair();
    void collect_complaints();

    void kill_session();
    void kill_replica();
    void kill_supervisor();
    void kill_node();
    void crash_machine();
    void lose_disk();
    void stop_sessions();
    void stop_replica();
    void stop_node();
    void stop_and_start_node();
    void kill_etcd_server();
    void kill_etcd_leader();
    void kill_two_etcd_servers();
    void kill_all_etcd_servers();
    void stop_etcd_server();
    void stop_etcd_leader();
    void cut_off_node();
    void leave_node_half_open();
    void reset_network();
    void move_client();
    void move_all_clients();

    [[nodiscard]] std::vector<std::size_t> running_etcd_servers();
    void kill_etcd_servers(std::size_t count);
    void freeze(pid_t process);
    void thaw_all();
    void start_etcd_servers();
    void start_nodes();
    void start_without_disk(std::size_t index);
    [[nodiscard]] bool can_start(std::size_t index, std::string_view kind,
                                 const std::function<void()>& start);

    ClusterCrowd* crowd_;
    Cluster* cluster_;
    std::vector<Kind> deck_;  ///< the attacks that come next, so that no kind is rare
    std::map<std::string_view, unsigned> counts_;
    std::vector<ProcessInfo> frozen_;
    std::filesystem::path old_backup_;
    double longest_recovery_ms_ = 0;
    std::set<std::string> complaints_;
};

}  // namespace belfry::test

#pragma once

#include "tests/support/crash/cluster_crowd.hpp"
#include "tests/support/proc.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
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

    /// Returns the options of the crowd's cluster.
    [[nodiscard]] static ClusterOptions options();

    /// Attacks in rounds for the duration, or until a client has seen a fault. After each round
    /// everything is repaired, and every client must receive new messages.
    void attack_for(std::chrono::seconds duration);

    /// Returns how often each kind of attack was made, and how often other things were done.
    [[nodiscard]] const std::map<std::string_view, unsigned>& counts() const { return counts_; }

    /// Returns the longest time from the end of a repair until every client received new messages.
    [[nodiscard]] double longest_recovery_ms() const { return longest_recovery_ms_; }

    /// Log lines of the nodes about processes that this class did not kill: those that aborted or
    /// crashed.
    [[nodiscard]] const std::set<std::string>& complaints() const { return complaints_; }

  private:
    /// How many messages retention keeps. No client is behind by as many, because rounds are short.
    static constexpr std::uint64_t kept_messages = 150'000;

    struct Kind {
        std::string_view name;
        bool (ClusterChaos::*attack)();
    };
    static const std::vector<Kind> kinds;

    void play_round();
    void attack();
    void repair();
    void collect_complaints();
    void compare_histories();
    [[nodiscard]] std::uint64_t newest_id();
    void expect_answer(std::size_t index, const std::string& question, std::uint64_t first,
                       const std::vector<std::string>& expected);
    [[nodiscard]] std::vector<std::string> answer_of(std::size_t index,
                                                     const std::string& question);
    [[nodiscard]] std::uint64_t stored_revision(std::size_t index);
    [[nodiscard]] std::uint64_t stored_by_all();

    // Attacks. They return false if there was nothing to attack.
    [[nodiscard]] bool kill_session();
    [[nodiscard]] bool kill_replica();
    [[nodiscard]] bool kill_supervisor();
    [[nodiscard]] bool kill_node();
    [[nodiscard]] bool crash_machine();
    [[nodiscard]] bool lose_disk();
    [[nodiscard]] bool stop_sessions();
    [[nodiscard]] bool stop_replica();
    [[nodiscard]] bool stop_node();
    [[nodiscard]] bool stop_and_start_node();
    [[nodiscard]] bool kill_etcd_server();
    [[nodiscard]] bool kill_etcd_leader();
    [[nodiscard]] bool kill_two_etcd_servers();
    [[nodiscard]] bool kill_all_etcd_servers();
    [[nodiscard]] bool stop_etcd_server();
    [[nodiscard]] bool stop_etcd_leader();
    [[nodiscard]] bool cut_off_node();
    [[nodiscard]] bool leave_node_half_open();
    [[nodiscard]] bool reset_network();
    [[nodiscard]] bool move_client();
    [[nodiscard]] bool move_all_clients();
    [[nodiscard]] bool compact_log();

    [[nodiscard]] std::vector<std::size_t> running_etcd_servers();
    [[nodiscard]] bool kill_etcd_servers(std::size_t count);
    [[nodiscard]] bool freeze(pid_t process);
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
    std::uint64_t old_revision_ = 0;  ///< everything up to it is in old_backup_
    double longest_recovery_ms_ = 0;
    std::set<std::string> complaints_;
};

}  // namespace belfry::test

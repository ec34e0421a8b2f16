#include "tests/chaos/cluster/cluster_chaos.hpp"

#include "tests/support/failure.hpp"

#include <signal.h>

#include <algorithm>
#include <array>

namespace belfry::test {
namespace {

using std::chrono::microseconds;

constexpr microseconds between_attacks{1'000'000};

/// Must exceed the 5 s after which a node refuses messages, clients move, and a lease ends.
constexpr microseconds max_wound{8'000'000};

/// True if the line reports a death by a signal other than SIGKILL, the only one that tests send.
bool is_complaint(std::string_view line) {
    const auto at = line.find("was killed by signal ");
    return at != std::string_view::npos && !line.ends_with(" 9");
}

}  // namespace

const std::vector<ClusterChaos::Kind> ClusterChaos::kinds{
    {"sessions", &ClusterChaos::kill_session},
    {"replicas", &ClusterChaos::kill_replica},
    {"supervisors", &ClusterChaos::kill_supervisor},
    {"nodes", &ClusterChaos::kill_node},
    {"machines", &ClusterChaos::crash_machine},
    {"disks", &ClusterChaos::lose_disk},
    {"stopped-sessions", &ClusterChaos::stop_sessions},
    {"stopped-replicas", &ClusterChaos::stop_replica},
    {"stopped-nodes", &ClusterChaos::stop_node},
    {"clean-stops", &ClusterChaos::stop_and_start_node},
    {"etcd-servers", &ClusterChaos::kill_etcd_server},
    {"etcd-leaders", &ClusterChaos::kill_etcd_leader},
    {"two-of-etcd", &ClusterChaos::kill_two_etcd_servers},
    {"all-of-etcd", &ClusterChaos::kill_all_etcd_servers},
    {"stopped-etcd-servers", &ClusterChaos::stop_etcd_server},
    {"stopped-etcd-leaders", &ClusterChaos::stop_etcd_leader},
    {"cut-off-nodes", &ClusterChaos::cut_off_node},
    {"half-open-nodes", &ClusterChaos::leave_node_half_open},
    {"reset-networks", &ClusterChaos::reset_network},
    {"moved-clients", &ClusterChaos::move_client},
    {"moves-of-all", &ClusterChaos::move_all_clients},
};

ClusterChaos::ClusterChaos(ClusterCrowd& crowd)
    : crowd_{&crowd}, cluster_{&crowd.cluster()}, old_backup_{cluster_->back_up(0)} {}

void ClusterChaos::attack_for(std::chrono::seconds duration) {
    const auto end = Clock::now() + duration;
    while (Clock::now() < end && !crowd_->clients().has_faults()) play_round();
}

void ClusterChaos::play_round() {
    do {
        attack();
        crowd_->pause(between_attacks);
    } while (!crowd_->one_in(3));
    // In one of three rounds the cluster stays as it is until leases end and clients move.
    if (crowd_->one_in(3)) crowd_->pause(max_wound);
    repair();
    const auto repaired = Clock::now();
    crowd_->wait_until_all_go_on();
    longest_recovery_ms_ = std::max(longest_recovery_ms_, milliseconds_since(repaired));
}

void ClusterChaos::attack() {
    if (deck_.empty()) {
        deck_ = kinds;
        std::ranges::shuffle(deck_, crowd_->random());
    }
    const Kind kind = deck_.back();
    deck_.pop_back();
    (this->*kind.attack)();
    ++counts_[kind.name];
    collect_complaints();
}

/// Repairs networks, etcd and nodes, in any order.
void ClusterChaos::repair() {
    collect_complaints();
    std::array<void (ClusterChaos::*)(), 3> steps{
        &ClusterChaos::thaw_all, &ClusterChaos::start_etcd_servers, &ClusterChaos::start_nodes};
    std::ranges::shuffle(steps, crowd_->random());
    for (const auto step : steps) (this->*step)();
}

void ClusterChaos::collect_complaints() {
    for (std::size_t index = 0; index < cluster_->size(); ++index) {
        for (const std::string& line : lines_of(cluster_->node(index).errors())) {
            if (is_complaint(line)) complaints_.insert(line);
        }
    }
}

// --- processes of nodes ---

void ClusterChaos::kill_session() {
    const auto sessions = cluster_->node(crowd_->any_node()).sessions();
    if (sessions.empty()) return;
    std::uniform_int_distribution<std::size_t> any{0, sessions.size() - 1};
    ::kill(sessions[any(crowd_->random())], SIGKILL);
}

void ClusterChaos::kill_replica() {
    const auto replica = cluster_->replica(crowd_->any_node());
    if (replica != 0) ::kill(replica, SIGKILL);
}

void ClusterChaos::kill_supervisor() {
    Server& node = cluster_->node(crowd_->any_node());
    if (node.is_running()) node.kill_supervisor();
}

void ClusterChaos::kill_node() {
    cluster_->kill_node(crowd_->any_node());
}

void ClusterChaos::crash_machine() {
    cluster_->crash_machine(crowd_->any_node());
}

/// At most one node is without a disk, so that there is always another one to copy from.
void ClusterChaos::lose_disk() {
    for (std::size_t index = 0; index < cluster_->size(); ++index) {
        if (!std::filesystem::exists(cluster_->node(index).data_dir())) return;
    }
    cluster_->lose_disk(crowd_->any_node());
}

void ClusterChaos::stop_sessions() {
    for (const pid_t session : cluster_->node(crowd_->any_node()).sessions()) {
        if (!crowd_->one_in(3)) freeze(session);
    }
}

void ClusterChaos::stop_replica() {
    const auto replica = cluster_->replica(crowd_->any_node());
    if (replica != 0) freeze(replica);
}

void ClusterChaos::stop_node() {
    for (const pid_t process : cluster_->node(crowd_->any_node()).all_processes()) freeze(process);
}

/// Lets a node end as an operator does. It is started with the others.
void ClusterChaos::stop_and_start_node() {
    thaw_all();  // a stopped process would not end
    Server& node = cluster_->node(crowd_->any_node());
    if (node.is_running()) ::kill(node.pid(), SIGTERM);
}

void ClusterChaos::freeze(pid_t process) {
    const auto info = process_info(process);
    if (!info || ::kill(process, SIGSTOP) != 0) return;
    frozen_.push_back(*info);
}

/// Lets all networks and all stopped processes go on.
void ClusterChaos::thaw_all() {
    for (const ProcessInfo& process : frozen_) {
        const auto now = process_info(process.pid);
        if (now && now->start_time == process.start_time) ::kill(process.pid, SIGCONT);
    }
    frozen_.clear();
    for (std::size_t index = 0; index < cluster_->size(); ++index) cluster_->reconnect(index);
}

// --- etcd ---

std::vector<std::size_t> ClusterChaos::running_etcd_servers() {
    std::vector<std::size_t> running;
    for (std::size_t server = 0; server < cluster_->etcd().size(); ++server) {
        if (cluster_->etcd().is_running(server)) running.push_back(server);
    }
    std::ranges::shuffle(running, crowd_->random());
    return running;
}

void ClusterChaos::kill_etcd_servers(std::size_t count) {
    for (const std::size_t server : running_etcd_servers()) {
        if (count-- == 0) return;
        cluster_->etcd().kill(server);
    }
}

void ClusterChaos::kill_etcd_server() {
    kill_etcd_servers(1);
}

/// Starts the others first, because only a majority has a leader.
void ClusterChaos::kill_etcd_leader() {
    start_etcd_servers();
    cluster_->etcd().kill(cluster_->etcd().leader());
}

void ClusterChaos::kill_two_etcd_servers() {
    kill_etcd_servers(2);
}

void ClusterChaos::kill_all_etcd_servers() {
    kill_etcd_servers(cluster_->etcd().size());
}

void ClusterChaos::stop_etcd_server() {
    const auto running = running_etcd_servers();
    if (!running.empty()) cluster_->etcd().stop(running.front());
}

void ClusterChaos::stop_etcd_leader() {
    start_etcd_servers();
    cluster_->etcd().stop(cluster_->etcd().leader());
}

void ClusterChaos::start_etcd_servers() {
    EtcdServers& etcd = cluster_->etcd();
    for (std::size_t server = 0; server < etcd.size(); ++server) {
        if (etcd.is_running(server)) {
            etcd.resume(server);
        } else {
            etcd.restart(server, false);
        }
    }
}

// --- networks and clients ---

void ClusterChaos::cut_off_node() {
    cluster_->cut_off(crowd_->any_node());
}

void ClusterChaos::leave_node_half_open() {
    cluster_->leave_half_open(crowd_->any_node());
}

void ClusterChaos::reset_network() {
    cluster_->reset_connections(crowd_->any_node());
}

void ClusterChaos::move_client() {
    crowd_->move_any();
}

void ClusterChaos::move_all_clients() {
    crowd_->move_all();
}

// --- the start of nodes ---

void ClusterChaos::start_nodes() {
    for (std::size_t index = 0; index < cluster_->size(); ++index) {
        Server& node = cluster_->node(index);
        const bool is_ending = [&] {
            // A clean stop may be under way. It must not end after the others were repaired.
            return node.is_running() && node.errors().find("stopping") != std::string::npos;
        }();
        if (is_ending) {
            thaw_all();
            start_etcd_servers();
            if (!eventually([&] { return !node.is_running(); }, recovery_time)) {
                throw Failure("node " + Cluster::name_of(index) + " does not stop");
            }
        }
        if (node.is_running()) continue;
        if (std::filesystem::exists(node.data_dir())) {
            cluster_->start_node(index);
        } else {
            start_without_disk(index);
        }
        crowd_->node_moved(index);
    }
}

/// Starts a node whose disk was lost: from the beginning or with an old copy, if etcd still holds
/// what the node then lacks; otherwise with a new copy.
void ClusterChaos::start_without_disk(std::size_t index) {
    start_etcd_servers();
    static_cast<void>(cluster_->etcd().leader());  // an empty node needs a majority for its start
    thaw_all();
    const auto copy = cluster_->back_up((index + 1) % cluster_->size());
    bool has_started = false;
    if (crowd_->one_in(3)) {
        has_started = can_start(index, "from-the-beginning", [&] { cluster_->start_node(index); });
    } else if (crowd_->one_in(2)) {
        has_started = can_start(index, "old-backups",
                                [&] { cluster_->start_from_backup(index, old_backup_); });
    }
    if (!has_started) cluster_->start_from_backup(index, copy);
    std::filesystem::remove(old_backup_);
    old_backup_ = copy;
}

/// @param kind what is counted if the node starts
/// @return false: the node needs a newer copy
bool ClusterChaos::can_start(std::size_t index, std::string_view kind,
                             const std::function<void()>& start) {
    try {
        start();
        ++counts_[kind];
        return true;
    } catch (const Failure& failure) {
        if (std::string_view{failure.what()}.find("backup") == std::string_view::npos) throw;
        ++counts_["too-old"];
        cluster_->lose_disk(index);
        return false;
    }
}

}  // namespace belfry::test

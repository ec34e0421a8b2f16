#include "tests/chaos/cluster/cluster_chaos.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/store_db.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <iostream>

namespace belfry::test {
namespace {

using std::chrono::microseconds;

constexpr microseconds between_attacks{1'000'000};

/// Must exceed the 5 s after which a node refuses messages, clients move, and a lease ends.
constexpr microseconds max_wound{8'000'000};

/// Says how two answers to the same question differ.
std::string difference(const std::string& question, const std::vector<std::string>& one,
                       const std::vector<std::string>& other) {
    const auto [first, second] = std::ranges::mismatch(one, other);
    const auto line = [](const auto& all, const auto at) { return at == all.end() ? "" : *at; };
    return question + " has " + std::to_string(one.size()) + " and " +
           std::to_string(other.size()) + " lines at two nodes; '" + line(one, first) +
           "' differs from '" + line(other, second) + "'";
}

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
    {"compactions", &ClusterChaos::compact_log},
};

ClusterOptions ClusterChaos::options() {
    return {.more = {"--keep-messages", std::to_string(kept_messages)}};
}

ClusterChaos::ClusterChaos(ClusterCrowd& crowd) : crowd_{&crowd}, cluster_{&crowd.cluster()} {
    old_revision_ = stored_revision(0);
    old_backup_ = cluster_->back_up(0);
}

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
    compare_histories();
}

/// Reads some older messages again at each node, and expects the same ones.
void ClusterChaos::compare_histories() {
    std::uint64_t last = cluster_->stored_id(0);
    for (std::size_t index = 1; index < cluster_->size(); ++index) {
        last = std::min(last, cluster_->stored_id(index));
    }
    if (last == 0) return;
    // Retention deletes older messages at any moment.
    const std::uint64_t oldest = last > kept_messages / 2 ? last - kept_messages / 2 : 1;
    std::uniform_int_distribution<std::uint64_t> any{oldest, last};
    const std::uint64_t first = any(crowd_->random());
    constexpr std::uint64_t most = 100;
    const std::string question =
        "HISTORY " + std::to_string(first) + " " + std::to_string(std::min(most, last - first + 1));
    const auto expected = answer_of(0, question);
    for (std::size_t index = 1; index < cluster_->size(); ++index) {
        expect_answer(index, question, first, expected);
    }
    ++counts_["histories"];
}

/// Returns the highest id that any node has stored.
std::uint64_t ClusterChaos::newest_id() {
    std::uint64_t newest = 0;
    for (std::size_t index = 0; index < cluster_->size(); ++index) {
        newest = std::max(newest, cluster_->stored_id(index));
    }
    return newest;
}

/// Expects an answer of a node. An answer that is right only when the question is asked again is
/// counted, and described with what the node has. A node may let the reader in so late that other
/// nodes delete the messages from `first` on meanwhile.
void ClusterChaos::expect_answer(std::size_t index, const std::string& question,
                                 std::uint64_t first, const std::vector<std::string>& expected) {
    const auto answer = answer_of(index, question);
    if (answer == expected || newest_id() >= first + kept_messages) return;
    ++counts_["differing-histories"];
    const std::string text = "node " + Cluster::name_of(index) + ": " +
                             difference(question, expected, answer) + "; it has " +
                             StoreDb{cluster_->node(index).data_dir()}.text(
                                 "SELECT min(id) || ' to ' || max(id) FROM messages") +
                             " " + cluster_->node(index).status().at("log").dump();
    std::cout << text << std::endl;
    const auto is_right = [&] { return answer_of(index, question) == expected; };
    if (!eventually(is_right, recovery_time, Milliseconds{50})) throw Failure(text);
}

/// Returns the lines of the answer of a node to HISTORY, after the node has let a reader in.
std::vector<std::string> ClusterChaos::answer_of(std::size_t index, const std::string& question) {
    std::vector<std::string> lines;
    const auto is_answered = [&] {
        lines.clear();
        try {
            RawClient reader = cluster_->node(index).connect();
            reader.send("LOGIN " + std::string{ClusterCrowd::reader} + "\r\n");
            if (reader.next(recovery_time).verb != "WELCOME") return false;
            reader.send(question + "\r\n");
            for (const Frame& frame : reader.read_until("END")) {
                if (frame.verb == "PAST" || frame.verb == "END") {
                    lines.push_back(frame.line + " " + frame.payload);
                }
            }
            return true;
        } catch (const Disconnected&) {
            return false;
        }
    };
    if (!eventually(is_answered, recovery_time, Milliseconds{50})) {
        throw Failure("node " + Cluster::name_of(index) + " does not answer " + question);
    }
    return lines;
}

void ClusterChaos::attack() {
    if (deck_.empty()) {
        deck_ = kinds;
        std::ranges::shuffle(deck_, crowd_->random());
    }
    const Kind kind = deck_.back();
    deck_.pop_back();
    if ((this->*kind.attack)()) {
        ++counts_[kind.name];
    } else {
        deck_.insert(deck_.begin(), kind);  // its time comes after all others
    }
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

bool ClusterChaos::kill_session() {
    const auto sessions = cluster_->node(crowd_->any_node()).sessions();
    if (sessions.empty()) return false;
    std::uniform_int_distribution<std::size_t> any{0, sessions.size() - 1};
    return ::kill(sessions[any(crowd_->random())], SIGKILL) == 0;
}

bool ClusterChaos::kill_replica() {
    const auto replica = cluster_->replica(crowd_->any_node());
    return replica != 0 && ::kill(replica, SIGKILL) == 0;
}

bool ClusterChaos::kill_supervisor() {
    Server& node = cluster_->node(crowd_->any_node());
    if (!node.is_running()) return false;
    node.kill_supervisor();
    return true;
}

bool ClusterChaos::kill_node() {
    const std::size_t index = crowd_->any_node();
    if (cluster_->node(index).all_processes().empty()) return false;
    cluster_->kill_node(index);
    return true;
}

bool ClusterChaos::crash_machine() {
    const std::size_t index = crowd_->any_node();
    if (!cluster_->node(index).segment()) return false;
    cluster_->crash_machine(index);
    return true;
}

/// At most one node is without a disk, so that there is always another one to copy from.
bool ClusterChaos::lose_disk() {
    for (std::size_t index = 0; index < cluster_->size(); ++index) {
        if (!std::filesystem::exists(cluster_->node(index).data_dir())) return false;
    }
    cluster_->lose_disk(crowd_->any_node());
    return true;
}

bool ClusterChaos::stop_sessions() {
    bool has_frozen = false;
    for (const pid_t session : cluster_->node(crowd_->any_node()).sessions()) {
        if (!crowd_->one_in(3)) has_frozen |= freeze(session);
    }
    return has_frozen;
}

bool ClusterChaos::stop_replica() {
    const auto replica = cluster_->replica(crowd_->any_node());
    return replica != 0 && freeze(replica);
}

bool ClusterChaos::stop_node() {
    bool has_frozen = false;
    for (const pid_t process : cluster_->node(crowd_->any_node()).all_processes()) {
        has_frozen |= freeze(process);
    }
    return has_frozen;
}

/// Lets a node end as an operator does. It is started with the others.
bool ClusterChaos::stop_and_start_node() {
    thaw_all();  // a stopped process would not end
    Server& node = cluster_->node(crowd_->any_node());
    return node.is_running() && ::kill(node.pid(), SIGTERM) == 0;
}

bool ClusterChaos::freeze(pid_t process) {
    const auto info = process_info(process);
    if (!info || ::kill(process, SIGSTOP) != 0) return false;
    frozen_.push_back(*info);
    return true;
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

/// @return false if fewer servers run
bool ClusterChaos::kill_etcd_servers(std::size_t count) {
    const auto running = running_etcd_servers();
    const std::size_t killed = std::min(count, running.size());
    for (std::size_t at = 0; at < killed; ++at) cluster_->etcd().kill(running[at]);
    return killed == count;
}

bool ClusterChaos::kill_etcd_server() {
    return kill_etcd_servers(1);
}

/// Starts the others first, because only a majority has a leader.
bool ClusterChaos::kill_etcd_leader() {
    start_etcd_servers();
    cluster_->etcd().kill(cluster_->etcd().leader());
    return true;
}

bool ClusterChaos::kill_two_etcd_servers() {
    return kill_etcd_servers(2);
}

bool ClusterChaos::kill_all_etcd_servers() {
    const bool any_runs = !running_etcd_servers().empty();
    static_cast<void>(kill_etcd_servers(cluster_->etcd().size()));
    return any_runs;
}

bool ClusterChaos::stop_etcd_server() {
    const auto running = running_etcd_servers();
    if (running.empty()) return false;
    cluster_->etcd().stop(running.front());
    return true;
}

bool ClusterChaos::stop_etcd_leader() {
    start_etcd_servers();
    cluster_->etcd().stop(cluster_->etcd().leader());
    return true;
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

/// Returns the revision up to which a node has stored the log, also if it does not run.
std::uint64_t ClusterChaos::stored_revision(std::size_t index) {
    return StoreDb{cluster_->node(index).data_dir()}.number("SELECT revision FROM cluster");
}

/// Returns the revision up to which all nodes have stored the log, also those that do not run; 0 if
/// that is not known.
std::uint64_t ClusterChaos::stored_by_all() {
    std::uint64_t least = 0;
    for (std::size_t index = 0; index < cluster_->size(); ++index) {
        if (!std::filesystem::exists(cluster_->node(index).data_dir())) continue;
        const std::uint64_t stored = stored_revision(index);
        least = least == 0 ? stored : std::min(least, stored);
    }
    return least;
}

/// Deletes in etcd what all nodes have stored, as they do themselves after ten minutes. In half of
/// all cases what the old copy lacks remains, so that a node can begin with it.
bool ClusterChaos::compact_log() {
    std::uint64_t revision = stored_by_all();
    if (crowd_->one_in(2)) revision = std::min(revision, old_revision_);
    return cluster_->etcd().delete_old_keys("/belfry/belfry/log/", revision);
}

// --- networks and clients ---

bool ClusterChaos::cut_off_node() {
    cluster_->cut_off(crowd_->any_node());
    return true;
}

bool ClusterChaos::leave_node_half_open() {
    cluster_->leave_half_open(crowd_->any_node());
    return true;
}

bool ClusterChaos::reset_network() {
    cluster_->reset_connections(crowd_->any_node());
    return true;
}

bool ClusterChaos::move_client() {
    crowd_->move_any();
    return true;
}

bool ClusterChaos::move_all_clients() {
    crowd_->move_all();
    return true;
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
    const std::size_t other = (index + 1) % cluster_->size();
    const std::uint64_t revision = stored_revision(other);
    const auto copy = cluster_->back_up(other);
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
    old_revision_ = revision;
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

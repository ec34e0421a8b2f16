#include "cluster/reseed.hpp"

#include "cluster/engine_failure.hpp"
#include "cluster/local_log.hpp"
#include "cluster/node_record.hpp"
#include "cluster/settings.hpp"
#include "cluster/stored_log.hpp"
#include "shm/data_directory.hpp"
#include "shm/segment_file.hpp"
#include "store/open_log.hpp"
#include "store/saved_cluster.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <thread>
#include <utility>

namespace belfry::cluster {
namespace {

using Clock = std::chrono::steady_clock;

/// A node that runs writes its key within this time.
constexpr std::chrono::seconds record_timeout{12};
constexpr std::chrono::milliseconds look_interval{500};

/// Returns the database's log. @throws ReseedRefused if it cannot begin a cluster again
LocalLog local_log(const ReseedRequest& request) {
    if (shm::anybody_alive(request.data_dir)) {
        throw ReseedRefused{"the server of " + request.data_dir.string() +
                            " is running; stop it with belfryctl stop first"};
    }
    auto local = read_local_log(request.data_dir);
    if (!local || !local->cluster) {
        throw ReseedRefused{"there is no database of a cluster in " + request.data_dir.string()};
    }
    if (local->cluster->name == request.cluster) return *std::move(local);
    throw ReseedRefused{"the database belongs to the cluster " + local->cluster->name +
                        ", not to " + request.cluster};
}

/// Tells whether the engine lacks the record of this node that it had before.
/// @param nodes the keys `node/NAME`
bool has_lost_record(const Values& nodes, const LocalLog& local, const std::string& node) {
    const auto own = std::ranges::find(local.cluster->nodes, node, &store::ClusterNode::name);
    if (own == local.cluster->nodes.end()) return false;
    const Value* const found = nodes.find(std::string{node_prefix} + node);
    return own->record == lost_record || (found != nullptr && found->modified < own->record);
}

/// Requires that the engine has lost what the database has.
/// @param read the key `settings`
void require_loss(Engine& engine, const Values& read, const LocalLog& local,
                  const std::string& node) {
    if (read.values.empty()) return;
    const auto settings = parse_settings(read.values.front().value);
    // An earlier reseed has changed the database, but not the engine.
    if (settings && settings->epoch == local.cluster->former_epoch) return;
    if (settings && settings->epoch == local.log.epoch) {
        if (read.revision < local.cluster->position.revision) return;
        if (has_lost_record(value_of(engine.read_all(node_prefix)), local, node)) return;
        throw ReseedRefused{"etcd has lost nothing of the cluster " + local.cluster->name};
    }
    throw ReseedRefused{"etcd has the cluster " + local.cluster->name +
                        " with another epoch; begin from a backup of one of its nodes"};
}

/// Returns the records of nodes that have written their key since the first look.
std::map<std::string, NodeRecord> fresh_records(Engine& engine,
                                                const std::set<std::string>& awaited) {
    std::optional<std::map<std::string, Revision>> seen;
    std::map<std::string, NodeRecord> fresh;
    const auto end = Clock::now() + record_timeout;
    while (fresh.size() < awaited.size() && Clock::now() < end) {
        std::map<std::string, Revision> modified;
        for (const Value& value : value_of(engine.read_all(node_prefix)).values) {
            const std::string name = value.key.substr(node_prefix.size());
            modified[name] = value.modified;
            const auto record = parse_node_record(value.value);
            const bool is_fresh = seen && (*seen)[name] != value.modified;
            if (record && is_fresh && awaited.contains(name)) fresh[name] = *record;
        }
        if (!seen) seen = modified;
        std::this_thread::sleep_for(look_interval);
    }
    return fresh;
}

/// Requires that no other node of the cluster has stored more.
void require_most(Engine& engine, const LocalLog& local, const ReseedRequest& request) {
    std::set<std::string> others;
    for (const store::ClusterNode& node : local.cluster->nodes) {
        if (node.name != request.node) others.insert(node.name);
    }
    // An earlier reseed that was killed has left no nodes in the database.
    for (const Value& value : value_of(engine.read_all(node_prefix)).values) {
        const auto record = parse_node_record(value.value);
        const bool has_run = !record || record->incarnation != 0;
        if (has_run && value.key != std::string{node_prefix} + request.node)
            others.insert(value.key.substr(node_prefix.size()));
    }
    const auto records = fresh_records(engine, others);
    for (const std::string& node : others) {
        const auto record = records.find(node);
        if (record == records.end()) {
            throw ReseedRefused{"node " + node +
                                " does not tell what it has stored; start it, or use --force"};
        }
        const bool is_same_log = record->second.epoch == local.log.epoch ||
                                 record->second.epoch == local.cluster->former_epoch;
        if (!is_same_log || record->second.last_id <= local.log.last_id) continue;
        throw ReseedRefused{"node " + node + " has stored message " +
                            std::to_string(record->second.last_id) +
                            ", and this node only message " + std::to_string(local.log.last_id) +
                            "; use reseed there"};
    }
}

/// Removes the segment of a server that could not drain, because the engine had lost its data. What
/// is in its outbox was never confirmed, and the database has everything else.
void remove_segment(const std::filesystem::path& data_dir) {
    const auto found = shm::find_segment(data_dir, boost::interprocess::read_only);
    if (found) shm::remove_segment(data_dir, found->name);
}

}  // namespace

void reseed(std::ostream& out, Engine& engine, const ReseedRequest& request) {
    const shm::DataDirectoryLock lock{request.data_dir};
    const LocalLog local = local_log(request);
    const Values read = value_of(engine.read("settings"));
    require_loss(engine, read, local, request.node);
    if (!request.force) require_most(engine, local, request);
    const Settings settings{.epoch = store::random_epoch(),
                            .max_payload = local.cluster->max_payload,
                            .base = local.log.last_id,
                            .node = request.node};
    // What an engine that was restored from an older copy still has of the log comes before this.
    const Revision begin = value_of(engine.read("settings")).revision;
    remove_segment(request.data_dir);
    const auto former =
        read.values.empty() ? std::nullopt : parse_settings(read.values.front().value);
    store::restart_cluster(request.data_dir, settings.epoch, begin,
                           former ? former->epoch : local.log.epoch);
    const bool is_set =
        read.values.empty()
            ? value_of(engine.create("settings", settings.text()))
            : value_of(engine.replace("settings", read.values.front().value, settings.text()));
    if (!is_set) throw ReseedRefused{"another node has begun the cluster again"};
    out << "the cluster " << request.cluster << " begins again behind message " << local.log.last_id
        << ", with the epoch " << settings.epoch
        << "; start this node, and begin the others again from a backup of it\n";
}

}  // namespace belfry::cluster

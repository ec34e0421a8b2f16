#include "ctl/cluster_status.hpp"

#include "base/utf8.hpp"
#include "ctl/human.hpp"
#include "ctl/liveness.hpp"
#include "shm/client_table.hpp"
#include "shm/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t name_width = 12;  ///< of the first column of the page

std::optional<NodeStatus> read_node(const shm::NodeRow& row) {
    NodeStatus node{.name = shm::shared_text(row.name)};
    if (node.name.empty()) return {};
    node.address = shm::shared_text(row.address);
    node.alive = row.is_alive.load() != 0;
    node.stored_revision = row.stored_revision.load();
    node.clients = row.clients.load();
    node.version = shm::shared_text(row.version);
    return node;
}

/// The replica writes the state, so without a replica the last one means nothing. The supervisor
/// starts a replica at once, if there is none.
shm::ClusterState read_state(const shm::Segment& segment) {
    if (live_pid(segment.process(shm::supervisor_entry)) == 0) return shm::ClusterState::stopped;
    if (live_pid(segment.process(shm::archiver_entry)) == 0) return shm::ClusterState::no_engine;
    return static_cast<shm::ClusterState>(segment.cluster().state.load());
}

Json json_of(const NodeStatus& node) {
    return {{"name", base::sanitize(node.name)},
            {"address", base::sanitize(node.address)},
            {"alive", node.alive},
            {"stored_revision", node.stored_revision},
            {"clients", node.clients},
            {"version", base::sanitize(node.version)}};
}

std::string first_column(std::string text) {
    text.resize(std::max(text.size() + 1, name_width), ' ');
    return text;
}

std::string line_of(const ClusterStatus& status, std::uint64_t now_ms) {
    const std::string answered =
        status.answered_ms == 0
            ? "the engine has not answered yet"
            : "the engine answered " +
                  short_duration((now_ms - std::min(status.answered_ms, now_ms)) / 1000) + " ago";
    return first_column("cluster") + plain(status.name) + ": " +
           std::string{shm::name_of(status.state)} + ", this is node " + plain(status.node) +
           ", revision " + std::to_string(status.revision) + ", " +
           std::to_string(status.behind_revisions) + " behind, " + answered + ", " +
           short_bytes(status.waiting_bytes) + " of " + short_bytes(status.outbox_bytes) +
           " in the outbox";
}

std::string line_of(const NodeStatus& node) {
    const auto part = [](const char* name, const std::string& text) {
        return text.empty() ? "" : name + plain(text);
    };
    return first_column("node") + plain(node.name) + ": " + (node.alive ? "alive" : "not alive") +
           ", stored revision " + std::to_string(node.stored_revision) + ", " +
           std::to_string(node.clients) + " clients" + part(", version ", node.version) +
           part(", address ", node.address);
}

}  // namespace

std::optional<ClusterStatus> read_cluster(const shm::Segment& segment) {
    if (!segment.is_in_cluster()) return {};
    const shm::ClusterBlock& cluster = segment.cluster();
    ClusterStatus status{.name = shm::shared_text(cluster.name),
                         .node = shm::shared_text(cluster.node),
                         .state = read_state(segment),
                         .epoch = std::string{segment.epoch()},
                         .revision = cluster.revision.load(),
                         .outbox_bytes = segment.geometry().outbox_bytes};
    // Both numbers of each pair grow meanwhile, so the one that is never above the other comes
    // first.
    const std::uint64_t newest = cluster.engine_revision.load();
    status.behind_revisions = newest - std::min(status.revision, newest);
    const std::uint64_t head = cluster.outbox.head.load();
    status.waiting_bytes = cluster.outbox.end.load() - head;
    status.answered_ms = cluster.answered_ms.load();
    for (const shm::NodeRow& row : cluster.nodes) {
        if (auto node = read_node(row)) status.nodes.push_back(*std::move(node));
    }
    std::ranges::sort(status.nodes, {}, &NodeStatus::name);
    return status;
}

std::string node_of(const shm::Segment& segment, std::uint32_t row) {
    if (!segment.is_in_cluster() || !shm::is_online(segment, row)) return {};
    const std::uint32_t node = segment.client(row).login_node.load();
    if (node == 0 || node > shm::node_rows) return {};
    return shm::shared_text(segment.cluster().nodes[node - 1].name);
}

Json cluster_json(const ClusterStatus& status) {
    Json nodes = Json::array();
    for (const NodeStatus& node : status.nodes) nodes.push_back(json_of(node));
    return {{"name", base::sanitize(status.name)},   {"state", shm::name_of(status.state)},
            {"node", base::sanitize(status.node)},   {"epoch", base::sanitize(status.epoch)},
            {"revision", status.revision},           {"behind_revisions", status.behind_revisions},
            {"answered_ms", status.answered_ms},     {"outbox_bytes", status.outbox_bytes},
            {"waiting_bytes", status.waiting_bytes}, {"nodes", nodes}};
}

std::vector<std::string> cluster_lines(const ClusterStatus& status, std::uint64_t now_ms) {
    std::vector<std::string> lines{line_of(status, now_ms)};
    for (const NodeStatus& node : status.nodes) lines.push_back(line_of(node));
    return lines;
}

}  // namespace belfry::ctl

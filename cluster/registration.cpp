#include "cluster/registration.hpp"

#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/node_record.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

namespace belfry::cluster {
namespace {

/// Returns the record of the living node that has stored least.
NodeRecord least_record(const Values& nodes, const Values& alive) {
    std::optional<NodeRecord> least;
    for (const Value& value : nodes.values) {
        if (alive.find("alive/" + value.key.substr(node_prefix.size())) == nullptr) continue;
        const auto record = parse_node_record(value.value);
        if (record && (!least || record->revision < least->revision)) least = record;
    }
    if (!least) throw EngineUnavailable{"no node of the cluster is alive"};
    return *least;
}

/// Returns the revision up to which the node needs nothing of the engine. What is kept for it since
/// an earlier registration stays, because the backup may have been made at that time.
std::uint64_t needed_from(const Values& nodes, const std::string& key, const NodeRecord& least) {
    const Value* const present = nodes.find(key);
    const auto record = present != nullptr ? parse_node_record(present->value) : std::nullopt;
    return record ? std::min(record->revision, least.revision) : least.revision;
}

}  // namespace

void register_node(std::ostream& out, Engine& engine, const std::string& node) {
    const Values alive = value_of(engine.read_all("alive/"));
    if (alive.find("alive/" + node) != nullptr) {
        throw cli::UsageError{"node " + node + " of the cluster is running already"};
    }
    // A backup of any living node has at least what the last of them had stored before.
    const Values nodes = value_of(engine.read_all(node_prefix));
    const NodeRecord least = least_record(nodes, alive);
    const std::string key = std::string{node_prefix} + node;
    const NodeRecord record{.address = {},
                            .version = {},
                            .epoch = least.epoch,
                            .first_id = least.first_id,
                            .last_id = least.last_id,
                            .revision = needed_from(nodes, key, least),
                            .clients = 0,
                            .clock_ms = base::unix_ms(),
                            .incarnation = 0};
    const Lease lease = value_of(engine.grant_lease(max_absence));
    static_cast<void>(value_of(engine.put(key, record.text(), lease)));
    out << "node " << node
        << " is registered; make a backup now, and start the node with it within 7 days\n";
}

}  // namespace belfry::cluster

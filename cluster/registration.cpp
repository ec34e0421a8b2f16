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
NodeRecord least_record(Engine& engine, const Values& alive) {
    constexpr std::string_view prefix = "node/";
    std::optional<NodeRecord> least;
    for (const Value& value : value_of(engine.read_all(prefix)).values) {
        const std::string key = "alive/" + value.key.substr(prefix.size());
        if (std::ranges::find(alive.values, key, &Value::key) == alive.values.end()) continue;
        const auto record = parse_node_record(value.value);
        if (record && (!least || record->revision < least->revision)) least = record;
    }
    if (!least) throw EngineUnavailable{"no node of the cluster is alive"};
    return *least;
}

}  // namespace

void register_node(std::ostream& out, Engine& engine, const std::string& node) {
    const Values alive = value_of(engine.read_all("alive/"));
    if (std::ranges::find(alive.values, "alive/" + node, &Value::key) != alive.values.end()) {
        throw cli::UsageError{"node " + node + " of the cluster is running already"};
    }
    // A backup of any living node has at least what the last of them had stored before.
    const NodeRecord least = least_record(engine, alive);
    const NodeRecord record{.address = {},
                            .version = {},
                            .epoch = least.epoch,
                            .first_id = least.first_id,
                            .last_id = least.last_id,
                            .revision = least.revision,
                            .clients = 0,
                            .clock_ms = base::unix_ms(),
                            .incarnation = 0};
    const Lease lease = value_of(engine.grant_lease(max_absence));
    static_cast<void>(value_of(engine.put("node/" + node, record.text(), lease)));
    out << "node " << node
        << " is registered; make a backup now, and start the node with it within 7 days\n";
}

}  // namespace belfry::cluster

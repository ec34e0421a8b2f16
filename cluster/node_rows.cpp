#include "cluster/node_rows.hpp"

#include <array>
#include <mutex>

namespace belfry::cluster {
namespace {

/// Two threads of the replica look for free rows.
std::mutex rows_mutex;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void show(shm::NodeRow& row, const NodeRecord& record) {
    shm::set_shared_text(row.address, record.address);
    shm::set_shared_text(row.version, record.version);
    row.stored_revision.store(record.revision, std::memory_order_relaxed);
    row.clients.store(static_cast<std::uint32_t>(record.clients), std::memory_order_relaxed);
}

}  // namespace

std::optional<std::uint32_t> row_of_node(shm::Segment& segment, std::string_view name) {
    const std::scoped_lock guard{rows_mutex};
    for (std::uint32_t index = 0; index < shm::node_rows; ++index) {
        shm::NodeRow& row = segment.cluster().nodes[index];
        const std::string present = shm::shared_text(row.name);
        if (present == name) return index;
        if (!present.empty()) continue;
        shm::set_shared_text(row.name, name);
        return index;
    }
    return {};
}

bool show_nodes(shm::Segment& segment, std::span<const RegisteredNode> nodes) {
    std::array<bool, shm::node_rows> is_alive{};
    for (const RegisteredNode& node : nodes) {
        const auto index = row_of_node(segment, node.name);
        if (!index) continue;
        is_alive[*index] = node.is_alive;
        show(segment.cluster().nodes[*index], node.record);
    }
    bool has_changed = false;
    for (std::uint32_t index = 0; index < shm::node_rows; ++index) {
        const std::uint32_t alive = is_alive[index] ? 1 : 0;
        has_changed |= segment.cluster().nodes[index].is_alive.exchange(alive) != alive;
    }
    return has_changed;
}

}  // namespace belfry::cluster

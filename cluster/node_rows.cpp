#include "cluster/node_rows.hpp"

#include <array>
#include <mutex>

namespace belfry::cluster {
namespace {

using Index = std::optional<std::uint32_t>;

/// Two threads of the replica give rows to nodes. Neither may displace a node whose row the other
/// one is about to use.
std::mutex rows_mutex;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// The callers of the following functions hold the mutex.

/// Returns the row of a node; of an empty name, a free row.
Index find(const shm::Segment& segment, std::string_view name) {
    for (std::uint32_t index = 0; index < shm::node_rows; ++index) {
        if (shm::shared_text(segment.cluster().nodes[index].name) == name) return index;
    }
    return {};
}

bool has_logins(const shm::Segment& segment, std::uint32_t index) noexcept {
    for (std::uint32_t row = 0; row < segment.geometry().client_rows; ++row) {
        if (segment.client(row).login_node.load(std::memory_order_relaxed) == index + 1)
            return true;
    }
    return false;
}

/// Finds the row of another node that is dead and at which nobody is logged in.
Index find_displaceable(const shm::Segment& segment) {
    const Index own = find(segment, shm::shared_text(segment.cluster().node));
    for (std::uint32_t index = 0; index < shm::node_rows; ++index) {
        const bool is_alive = segment.cluster().nodes[index].is_alive.load() != 0;
        if (!is_alive && index != own && !has_logins(segment, index)) return index;
    }
    return {};
}

void show(shm::NodeRow& row, const NodeRecord& record) {
    shm::set_shared_text(row.address, record.address);
    shm::set_shared_text(row.version, record.version);
    row.stored_revision.store(record.revision, std::memory_order_relaxed);
    row.clients.store(static_cast<std::uint32_t>(record.clients), std::memory_order_relaxed);
}

void give(shm::NodeRow& row, std::string_view name) {
    shm::set_shared_text(row.name, name);
    row.incarnation.store(0, std::memory_order_release);
    show(row, {});
}

/// Frees the row of a node that was removed, unless somebody is logged in there.
void release(shm::Segment& segment, std::uint32_t index) {
    shm::NodeRow& row = segment.cluster().nodes[index];
    const std::string name = shm::shared_text(row.name);
    if (name.empty() || name == shm::shared_text(segment.cluster().node)) return;
    if (!has_logins(segment, index)) give(row, "");
}

/// Finds the node's row, or takes a free one.
Index take(shm::Segment& segment, std::string_view name) {
    if (const Index present = find(segment, name)) return present;
    const Index unused = find(segment, "");
    if (unused) give(segment.cluster().nodes[*unused], name);
    return unused;
}

/// The same, but if no row is free, takes that of a dead node.
Index take_or_displace(shm::Segment& segment, std::string_view name) {
    if (const Index taken = take(segment, name)) return taken;
    const Index dead = find_displaceable(segment);
    if (dead) give(segment.cluster().nodes[*dead], name);
    return dead;
}

}  // namespace

Index row_of_node(shm::Segment& segment, std::string_view name) {
    const std::scoped_lock guard{rows_mutex};
    return take(segment, name);
}

void set_login_node(shm::Segment& segment, shm::ClientRow& client, std::string_view node) {
    const std::scoped_lock guard{rows_mutex};
    const Index index = node.empty() ? std::nullopt : take_or_displace(segment, node);
    client.login_node.store(index ? *index + 1 : 0, std::memory_order_release);
}

ShownNodes show_nodes(shm::Segment& segment, std::span<const RegisteredNode> nodes) {
    const std::scoped_lock guard{rows_mutex};
    ShownNodes shown;
    std::array<bool, shm::node_rows> is_registered{};
    std::array<bool, shm::node_rows> is_alive{};
    for (const RegisteredNode& node : nodes) {
        const Index index =
            node.is_alive ? take_or_displace(segment, node.name) : take(segment, node.name);
        if (!index) {
            shown.has_hidden |= node.is_alive;
            continue;
        }
        shm::NodeRow& row = segment.cluster().nodes[*index];
        show(row, node.record);
        is_registered[*index] = true;
        is_alive[*index] = node.is_alive;
        if (node.is_alive) shown.has_changed |= row.is_alive.exchange(1) == 0;
    }
    for (std::uint32_t index = 0; index < shm::node_rows; ++index) {
        if (is_alive[index]) continue;
        shown.has_changed |= segment.cluster().nodes[index].is_alive.exchange(0) != 0;
        if (!is_registered[index]) release(segment, index);
    }
    return shown;
}

}  // namespace belfry::cluster

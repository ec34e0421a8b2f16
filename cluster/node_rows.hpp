#pragma once

#include "cluster/node_record.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The nodes of the cluster as the segment shows them (shm::NodeRow). There are 32 rows. If all of
/// them are taken, a node that comes to life displaces one that is dead and at which nobody is
/// logged in. Any thread of the replica may call these functions.
namespace belfry::cluster {

/// Returns the index of the node's row. Takes a free row if the node has none.
/// @return nothing if all rows are taken
[[nodiscard]] std::optional<std::uint32_t> row_of_node(shm::Segment& segment,
                                                       std::string_view name);

/// Sets ClientRow::login_node, so that the row of the node remains that node's.
/// @param node where the client is logged in; empty: nowhere
void set_login_node(shm::Segment& segment, shm::ClientRow& client, std::string_view node);

/// A node with a key `node/NAME`, as the engine has it.
struct RegisteredNode {
    std::string name;
    NodeRecord record;
    bool is_alive = false;  ///< there is a key `alive/NAME`
    bool is_fresh = false;  ///< the record was written since then
};

/// What show_nodes() has done.
struct ShownNodes {
    bool has_changed = false;  ///< a node has come to life or died, so presence has changed
    bool has_hidden = false;   ///< there is no row for a living node
};

/// Shows the nodes. A node that is not among them counts as dead, and has a row only while somebody
/// is logged in there.
[[nodiscard]] ShownNodes show_nodes(shm::Segment& segment, std::span<const RegisteredNode> nodes);

}  // namespace belfry::cluster

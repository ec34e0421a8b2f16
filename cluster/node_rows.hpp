#pragma once

#include "cluster/node_record.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The nodes of the cluster as the segment shows them (shm::NodeRow).
namespace belfry::cluster {

/// Returns the index of the node's row. Takes a free row if the node has none. Any thread of the
/// replica may call it. @return nothing if all rows are taken
[[nodiscard]] std::optional<std::uint32_t> row_of_node(shm::Segment& segment,
                                                       std::string_view name);

/// A node with a key `node/NAME`, as the engine has it.
struct RegisteredNode {
    std::string name;
    NodeRecord record;
    bool is_alive = false;  ///< there is a key `alive/NAME`
    bool is_fresh = false;  ///< the record was written since then
};

/// Shows the nodes. A node that is not among them counts as dead.
/// @return whether a node has come to life or died, so that presence has changed
[[nodiscard]] bool show_nodes(shm::Segment& segment, std::span<const RegisteredNode> nodes);

}  // namespace belfry::cluster

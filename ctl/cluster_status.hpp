#pragma once

#include "shm/segment.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::ctl {

/// One node of the cluster, as this node sees it.
struct NodeStatus {
    std::string name = {};
    std::string address = {};  ///< HOST:PORT for clients; empty: not known
    bool alive = false;
    std::uint64_t stored_revision = 0;
    std::uint32_t clients = 0;  ///< how many are online there
    std::string version = {};   ///< of its program; empty: not known
};

/// The cluster, as this node sees it.
struct ClusterStatus {
    std::string name = {};
    std::string node = {};  ///< the name of this node
    /// `stopped` also if the replica is not running.
    shm::ClusterState state = shm::ClusterState::stopped;
    std::string epoch = {};
    std::uint64_t revision = 0;          ///< of the engine; everything up to it is stored here
    std::uint64_t behind_revisions = 0;  ///< how many of the engine's newer ones are known
    std::uint64_t answered_ms = 0;       ///< Unix time of the engine's last answer; 0: none yet
    std::uint64_t outbox_bytes = 0;      ///< the size of the outbox
    std::uint64_t waiting_bytes = 0;     ///< bytes in the outbox that the cluster has not applied
    std::vector<NodeStatus> nodes = {};
};

/// Reads the part of the segment that tells of the cluster.
/// @return nothing on a single node
[[nodiscard]] std::optional<ClusterStatus> read_cluster(const shm::Segment& segment);

/// Returns the name of the node at which a client is online in its cluster; empty on a single node,
/// and for a client that is offline.
[[nodiscard]] std::string node_of(const shm::Segment& segment, std::uint32_t row);

/// Returns the status as JSON, as it is printed for programs.
[[nodiscard]] nlohmann::ordered_json cluster_json(const ClusterStatus& status);

/// Returns the lines for people: one for the cluster, and one for each node.
/// @param now_ms Unix time
[[nodiscard]] std::vector<std::string> cluster_lines(const ClusterStatus& status,
                                                     std::uint64_t now_ms);

}  // namespace belfry::ctl

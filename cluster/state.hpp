#pragma once

#include "store/saved_cluster.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace belfry::cluster {

/// Looks names up without copying them.
struct NameHash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view name) const noexcept {
        return std::hash<std::string_view>{}(name);
    }
};
template <class T>
using ByName = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;

/// The replicated state of one client.
struct ClientState {
    std::uint64_t seq = 0;       ///< the last accepted seq
    std::uint64_t free_seq = 0;  ///< the highest accepted seq up to shm::max_free_seq
    std::uint64_t login = 0;     ///< the current login; 0: the client is offline
    std::string node;            ///< where the client is logged in; empty: nowhere
    std::uint64_t cursor = 0;
    bool operator==(const ClientState&) const = default;
};

/// The replicated state of one node.
struct NodeState {
    std::uint64_t incarnation = 0;  ///< the current one; 0: it has ended
    std::uint64_t next = 0;         ///< position of its first entry that is not applied
    std::string address;
    bool operator==(const NodeState&) const = default;
};

/// The replicated state: everything that decides what the next entry of the cluster's log does. Two
/// nodes that have applied the same log have equal states. It is a plain value without I/O.
struct State {
    ByName<ClientState> clients;
    ByName<NodeState> nodes;
    store::ClusterPosition position;
    bool operator==(const State&) const = default;
};

/// Returns the state that a database holds.
[[nodiscard]] State state_of(const store::SavedCluster& saved);

/// Returns the name of the node whose current incarnation this is, as the state stores it; empty if
/// it is no node's. 0 is no incarnation.
[[nodiscard]] std::string_view node_of(const State& state, std::uint64_t incarnation) noexcept;

}  // namespace belfry::cluster

#include "cluster/state.hpp"

namespace belfry::cluster {

State state_of(const store::SavedCluster& saved) {
    State state;
    state.position = saved.position;
    for (const store::ClusterClient& client : saved.clients) {
        state.clients[client.id] = {client.seq, client.free_seq, client.login, client.node,
                                    client.cursor};
    }
    for (const store::ClusterNode& node : saved.nodes) {
        state.nodes[node.name] = {node.incarnation, node.next, node.address};
    }
    return state;
}

std::string_view node_of(const State& state, std::uint64_t incarnation) noexcept {
    for (const auto& [name, node] : state.nodes) {
        if (node.incarnation == incarnation && incarnation != 0) return name;
    }
    return {};
}

}  // namespace belfry::cluster

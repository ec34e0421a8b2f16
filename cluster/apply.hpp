#pragma once

#include "cluster/engine.hpp"
#include "cluster/state.hpp"
#include "store/cluster_writer.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

namespace belfry::cluster {

/// The most messages that one entry of retention deletes, so that no step takes long.
inline constexpr std::uint64_t max_trimmed = 1000;

/// What batches have changed since the changes were last stored. The names point into the state,
/// and the views of the messages into the state and the batches.
struct Changes {
    std::vector<store::Message> messages;  ///< new ones, in the order of their ids
    std::set<std::string_view> clients;
    std::set<std::string_view> nodes;
};

/// Returns what is to be stored of the changes. The result's messages are those of `changes`.
/// @param state after the changes
[[nodiscard]] store::ClusterStep step_of(const State& state, const Changes& changes);

/// What apply() did with a batch.
enum class Verdict {
    applied,       ///< its new entries, if it has any; the others were applied before
    foreign,       ///< its incarnation is no node's current one
    malformed,     ///< nothing of it is applied, and its incarnation is no longer a current one
    hole,          ///< the log has lost the entries before it; the node must stop before it
    unknown_kind,  ///< the same: a newer version of the program has made it
};

/// Tells whether the node must stop, because it cannot apply the log any further.
[[nodiscard]] constexpr bool must_stop(Verdict verdict) noexcept {
    return verdict == Verdict::hole || verdict == Verdict::unknown_kind;
}

/// Applies the next batch of the cluster's log. It is deterministic: equal states and equal batches
/// give equal states. It is idempotent: an entry that was applied before changes nothing, however
/// the batches are cut. Unless the node must stop, the state's revision becomes that of the batch;
/// a batch whose revision is not above it is ignored.
/// @param max_payload that of the cluster; a longer message is malformed
[[nodiscard]] Verdict apply(State& state, const Batch& batch, std::uint64_t max_payload,
                            Changes& changes);

}  // namespace belfry::cluster

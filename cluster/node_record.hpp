#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// Nodes are registered by keys that begin so, before their names.
inline constexpr std::string_view node_prefix = "node/";

/// A node is registered for at least this time after its last sign of life. Its key `node/NAME` is
/// under a lease, so etcd measures the time, and no node's clock matters. When etcd elects a leader
/// or is restarted, it begins to measure again.
inline constexpr std::chrono::hours max_absence{7 * 24};

/// What a node tells the others about itself: the value of the key `node/NAME`. A node whose key
/// exists is registered, whether it is alive or not: the window waits for it.
struct NodeRecord {
    std::string address;  ///< HOST:PORT for clients; empty: not given
    std::string version;  ///< of its program
    std::string epoch;    ///< of its log
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;      ///< of its store
    std::uint64_t revision = 0;     ///< its store has everything up to this revision of the engine
    std::uint64_t clients = 0;      ///< how many are online there
    std::uint64_t clock_ms = 0;     ///< Unix time at which it wrote this
    std::uint64_t incarnation = 0;  ///< 0: it was registered, and has not run yet

    /// Returns `address=… version=… epoch=… last=ID first=ID revision=R clients=N clock=MS
    /// incarnation=HEX`.
    [[nodiscard]] std::string text() const;
    bool operator==(const NodeRecord&) const = default;
};

/// Parses what NodeRecord::text() returns; nothing if a field is missing.
[[nodiscard]] std::optional<NodeRecord> parse_node_record(std::string_view text);

}  // namespace belfry::cluster

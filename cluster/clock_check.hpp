#pragma once

#include "cluster/node_rows.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// Compares this node's clock with those of the other living nodes, by the times at which they
/// wrote their keys. A key is at most a second old when this node first sees it. From then on the
/// other clock is known relative to the time since boot of this machine, so a jump of this node's
/// clock shows at once.
class ClockCheck {
  public:
    /// A node whose clock differs by more than this from the median of the others is wrong.
    static constexpr std::chrono::seconds max_difference{60};

    /// @param own the name of this node
    explicit ClockCheck(std::string_view own) : own_{own} {}

    /// Notes what the nodes say.
    /// @param now_ms this node's clock
    /// @param offset_ms base::clock_offset_ms()
    void see(std::span<const RegisteredNode> nodes, std::uint64_t now_ms, std::int64_t offset_ms);

    /// Returns by how many milliseconds this node's clock is ahead of the median of the others;
    /// nothing if no other node is alive. If two of them are in the middle, the one that is nearer
    /// to this node's clock counts, so that of three nodes only the one that is wrong finds itself
    /// wrong.
    [[nodiscard]] std::optional<std::int64_t> ahead_ms() const;

  private:
    /// What one other node has said.
    struct Seen {
        std::uint64_t clock_ms;  ///< of its last key
        std::int64_t offset_ms;  ///< that clock minus the time since boot, when it was seen
    };

    std::string own_;
    std::int64_t offset_ms_ = 0;                     ///< of this node's clock
    std::map<std::string, Seen, std::less<>> seen_;  ///< by name
};

}  // namespace belfry::cluster

#include "cluster/clock_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace belfry::cluster {

void ClockCheck::see(std::span<const RegisteredNode> nodes, std::uint64_t now_ms,
                     std::int64_t offset_ms) {
    offset_ms_ = offset_ms;
    const std::uint64_t since_boot_ms = now_ms - static_cast<std::uint64_t>(offset_ms);
    std::map<std::string, Seen, std::less<>> seen;
    for (const RegisteredNode& node : nodes) {
        if (!node.is_fresh || node.name == own_) continue;
        const std::uint64_t clock_ms = node.record.clock_ms;
        const auto before = seen_.find(node.name);
        const bool is_known = before != seen_.end() && before->second.clock_ms == clock_ms;
        seen[node.name] = is_known
                              ? before->second
                              : Seen{clock_ms, static_cast<std::int64_t>(clock_ms - since_boot_ms)};
    }
    seen_ = std::move(seen);
}

std::optional<std::int64_t> ClockCheck::ahead_ms() const {
    if (seen_.empty()) return {};
    std::vector<std::int64_t> differences;
    for (const auto& [name, seen] : seen_) differences.push_back(offset_ms_ - seen.offset_ms);
    std::ranges::sort(differences);
    const std::int64_t lower = differences[(differences.size() - 1) / 2];
    const std::int64_t upper = differences[differences.size() / 2];
    return std::abs(lower) < std::abs(upper) ? lower : upper;
}

}  // namespace belfry::cluster

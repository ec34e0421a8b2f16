#include "shm/words.hpp"

#include <array>
#include <cstddef>

namespace belfry::shm {
namespace {

constexpr std::string_view unknown = "unknown";

// The words are indexed by the value of the enumeration.
constexpr std::array<std::string_view, 4> durabilities{unknown, "memory", "async", "commit"};
constexpr std::array<std::string_view, 3> store_states{"works", "fails", "drained"};
constexpr std::array<std::string_view, end_reasons> ends{
    "none",          "quit",    "closed",   "lost",   "taken-over",
    "shutting-down", "removed", "protocol", "killed", "failed"};
constexpr std::array<std::string_view, 4> cluster_states{"no-engine", "ok", "behind", "stopped"};
constexpr std::array<std::string_view, 3> transports{"tcp", "tls", "web"};

template <class Words, class Value>
std::string_view word_for(const Words& words, Value value) noexcept {
    const auto number = static_cast<std::size_t>(value);
    return number < words.size() ? words[number] : unknown;
}

}  // namespace

std::string_view name_of(Durability durability) noexcept {
    return word_for(durabilities, durability);
}

std::optional<Durability> durability_named(std::string_view name) noexcept {
    for (const auto durability : {Durability::memory, Durability::async, Durability::commit}) {
        if (name_of(durability) == name) return durability;
    }
    return {};
}

std::string_view name_of(StoreState state) noexcept {
    return word_for(store_states, state);
}

std::string_view name_of(EndReason reason) noexcept {
    return word_for(ends, reason);
}

std::string_view name_of(ClusterState state) noexcept {
    return word_for(cluster_states, state);
}

std::string_view name_of(Transport transport) noexcept {
    return word_for(transports, transport);
}

}  // namespace belfry::shm

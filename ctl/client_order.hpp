#pragma once

#include "ctl/status.hpp"

#include <optional>
#include <vector>

namespace belfry::ctl {

/// The keys by which `top` can sort the clients. The value is the character that selects the key.
enum class SortKey : char {
    client = 'c',
    behind = 'b',
    in = 'i',
    out = 'o',
    seen = 's',
    pid = 'p',
};

/// Returns the sort key that a character selects; nothing if it selects none.
/// @param key as CursesScreen::key() returns it
[[nodiscard]] std::optional<SortKey> sort_key_for(int key) noexcept;

/// Sorts the clients: by client-id from A to Z, or by a number or time with the largest first.
/// Clients with equal values are sorted by their client-ids.
/// @param reversed turn the whole order round
void sort_clients(std::vector<ClientStatus>& clients, SortKey sort_key, bool reversed);

}  // namespace belfry::ctl

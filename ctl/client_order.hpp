#pragma once

#include "ctl/status.hpp"

#include <optional>
#include <vector>

namespace belfry::ctl {

/// By what `top` sorts the clients: the key that is pressed for it.
enum class Order : char {
    client = 'c',
    behind = 'b',
    in = 'i',
    out = 'o',
    seen = 's',
    pid = 'p',
};

/// None: the key chooses no order.
[[nodiscard]] std::optional<Order> order_for(int key) noexcept;

/// Client-ids from A to Z, all else with the largest, or latest, first; those that are alike by
/// their client-ids.
void sort_clients(std::vector<ClientStatus>& clients, Order order, bool reversed);

}  // namespace belfry::ctl

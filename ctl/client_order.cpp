#include "ctl/client_order.hpp"

#include <algorithm>
#include <string_view>

namespace belfry::ctl {
namespace {

constexpr std::string_view keys = "cbiosp";

std::uint64_t number(const ClientStatus& client, Order order) noexcept {
    switch (order) {
        case Order::client:
            break;
        case Order::behind:
            return client.behind;
        case Order::in:
            return client.bytes_in;
        case Order::out:
            return client.bytes_out;
        case Order::seen:
            return client.seen_ms;
        case Order::pid:
            return static_cast<std::uint64_t>(client.pid);
    }
    return 0;
}

}  // namespace

std::optional<Order> order_for(int key) noexcept {
    if (key <= 0 || key > 0x7f || keys.find(static_cast<char>(key)) == std::string_view::npos)
        return {};
    return static_cast<Order>(key);
}

void sort_clients(std::vector<ClientStatus>& clients, Order order, bool reversed) {
    std::ranges::sort(clients, [order](const ClientStatus& one, const ClientStatus& other) {
        const std::uint64_t a = number(one, order);
        const std::uint64_t b = number(other, order);
        return a != b ? a > b : one.id < other.id;
    });
    if (reversed) std::ranges::reverse(clients);
}

}  // namespace belfry::ctl

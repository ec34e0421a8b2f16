#include "ctl/client_order.hpp"

#include <algorithm>
#include <string_view>

namespace belfry::ctl {
namespace {

constexpr std::string_view keys = "cbiosp";

std::uint64_t number(const ClientStatus& client, SortKey sort_key) noexcept {
    switch (sort_key) {
        case SortKey::client:
            break;
        case SortKey::behind:
            return client.behind;
        case SortKey::in:
            return client.bytes_in;
        case SortKey::out:
            return client.bytes_out;
        case SortKey::seen:
            return client.seen_ms;
        case SortKey::pid:
            return static_cast<std::uint64_t>(client.pid);
    }
    return 0;
}

}  // namespace

std::optional<SortKey> sort_key_for(int key) noexcept {
    if (key <= 0 || key > 0x7f || keys.find(static_cast<char>(key)) == std::string_view::npos)
        return {};
    return static_cast<SortKey>(key);
}

void sort_clients(std::vector<ClientStatus>& clients, SortKey sort_key, bool reversed) {
    std::ranges::sort(clients, [sort_key](const ClientStatus& one, const ClientStatus& other) {
        const std::uint64_t a = number(one, sort_key);
        const std::uint64_t b = number(other, sort_key);
        return a != b ? a > b : one.id < other.id;
    });
    if (reversed) std::ranges::reverse(clients);
}

}  // namespace belfry::ctl

#include "cluster/settings.hpp"

#include "cluster/text_fields.hpp"

#include <algorithm>
#include <limits>

namespace belfry::cluster {
namespace {

bool is_epoch(std::string_view text) noexcept {
    constexpr std::size_t max_digits = 32;
    return !text.empty() && text.size() <= max_digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string Settings::text() const {
    return "epoch=" + epoch + " max-payload=" + std::to_string(max_payload) +
           " rules=" + std::to_string(rules) + " base=" + std::to_string(base) + " node=" + node;
}

std::optional<Settings> parse_settings(std::string_view text) {
    const TextFields fields{text};
    const auto epoch = fields.text("epoch");
    const auto max_payload = fields.number("max-payload");
    const auto rules = fields.number("rules");
    const auto base = fields.number("base");
    if (!epoch || !is_epoch(*epoch) || !max_payload || !rules || !base) return {};
    if (*max_payload == 0 || *max_payload > std::numeric_limits<std::uint32_t>::max()) return {};
    return Settings{std::string{*epoch}, static_cast<std::uint32_t>(*max_payload), *rules, *base,
                    std::string{fields.text("node").value_or("")}};
}

}  // namespace belfry::cluster

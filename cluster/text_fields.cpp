#include "cluster/text_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace belfry::cluster {
namespace {

std::optional<std::uint64_t> parse(std::string_view text, int base) noexcept {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc{} || stopped != end) return {};
    return number;
}

}  // namespace

std::optional<std::string_view> TextFields::text(std::string_view name) const noexcept {
    std::string_view rest = text_;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        const std::string_view field = rest.substr(0, end);
        if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '=') {
            return field.substr(name.size() + 1);
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

std::optional<std::uint64_t> TextFields::number(std::string_view name) const noexcept {
    const auto value = text(name);
    return value ? parse(*value, 10) : std::nullopt;
}

std::optional<std::uint64_t> TextFields::hex(std::string_view name) const noexcept {
    const auto value = text(name);
    return value ? parse_hex(*value) : std::nullopt;
}

std::string hex_text(std::uint64_t number) {
    std::array<char, 16> digits;
    for (std::size_t i = digits.size(); i-- > 0; number >>= 4) {
        digits[i] = "0123456789abcdef"[number & 15];
    }
    return {digits.data(), digits.size()};
}

std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept {
    return parse(text, 16);
}

}  // namespace belfry::cluster

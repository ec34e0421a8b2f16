#include "tests/support/crash/payload.hpp"

#include <charconv>

namespace belfry::test {
namespace {

constexpr std::size_t checksum_digits = 16;

/// Returns the FNV-1a checksum as 16 hexadecimal digits.
std::string checksum_of(std::string_view bytes) {
    std::uint64_t sum = 0xcbf2'9ce4'8422'2325ULL;
    for (const char byte : bytes) {
        sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3ULL;
    }
    std::string digits(checksum_digits, '0');
    for (std::size_t at = checksum_digits; at-- > 0; sum >>= 4) {
        digits[at] = "0123456789abcdef"[sum & 15U];
    }
    return digits;
}

/// Returns a padding of 0 to 1,000 bytes, usually fewer than 50, which is always the same for one
/// message.
std::string padding_for(const Tag& tag) {
    const std::uint64_t spread = (tag.number * 2'654'435'761U + tag.sender) % 1009;
    const std::size_t size = spread % 10 == 0 ? spread : spread % 50;
    return std::string(size, static_cast<char>('a' + tag.number % 26));
}

template <typename Number>
bool cut_number(std::string_view& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

}  // namespace

std::string make_payload(const Tag& tag) {
    std::string text = std::to_string(tag.sender) + " " + std::to_string(tag.number) + " " +
                       std::to_string(tag.made_at) + " " + padding_for(tag);
    return text + checksum_of(text);
}

std::optional<Tag> read_payload(std::string_view payload) {
    if (payload.size() < checksum_digits) return std::nullopt;
    const auto text = payload.substr(0, payload.size() - checksum_digits);
    if (checksum_of(text) != payload.substr(text.size())) return std::nullopt;
    Tag tag;
    auto rest = text;
    if (!cut_number(rest, tag.sender) || !cut_number(rest, tag.number) ||
        !cut_number(rest, tag.made_at) || rest != padding_for(tag)) {
        return std::nullopt;
    }
    return tag;
}

}  // namespace belfry::test

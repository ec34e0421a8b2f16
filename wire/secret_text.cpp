#include "wire/secret_text.hpp"

#include <optional>

namespace belfry::wire {
namespace {

constexpr std::string_view digits = "0123456789ABCDEF";

std::optional<unsigned> value_of(char digit) noexcept {
    if (digit >= 'a' && digit <= 'f') digit = static_cast<char>(digit - 'a' + 'A');
    const std::size_t value = digits.find(digit);
    if (value == std::string_view::npos) return {};
    return static_cast<unsigned>(value);
}

/// Removes the first byte of the secret from the text.
/// @return nothing if the text is malformed there
std::optional<char> take_byte(std::string_view& text) noexcept {
    const char first = text.front();
    if (first != '%') {
        text.remove_prefix(1);
        return first;
    }
    if (text.size() < 3) return {};
    const auto high = value_of(text[1]);
    const auto low = value_of(text[2]);
    if (!high || !low) return {};
    text.remove_prefix(3);
    return static_cast<char>(*high * 16 + *low);
}

bool stands_for_itself(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

bool is_secret_text(std::string_view text) noexcept {
    std::size_t bytes = 0;
    while (!text.empty()) {
        const auto byte = take_byte(text);
        if (!byte || *byte == '\0' || ++bytes > max_secret) return false;
    }
    return bytes > 0;
}

std::size_t decode_secret(std::string_view text, std::span<char, max_secret> secret) noexcept {
    std::size_t bytes = 0;
    while (!text.empty() && bytes < secret.size()) {
        const auto byte = take_byte(text);
        if (!byte) break;
        secret[bytes++] = *byte;
    }
    return bytes;
}

void encode_secret(std::string& out, std::string_view secret) {
    for (const char c : secret) {
        if (stands_for_itself(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte / 16];
        out += digits[byte % 16];
    }
}

}  // namespace belfry::wire

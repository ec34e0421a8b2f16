#include "wire/utf8.hpp"

#include <boost/locale/utf.hpp>

namespace belfry::wire {
namespace {

namespace utf = boost::locale::utf;

// Moves the front of the text behind its first character, and behind one byte where there is none.
utf::code_point take_character(std::string_view& text) noexcept {
    const char* at = text.data();
    const auto character = utf::utf_traits<char>::decode(at, text.data() + text.size());
    const bool valid = utf::is_valid_codepoint(character);
    text.remove_prefix(valid ? static_cast<std::size_t>(at - text.data()) : 1);
    return valid ? character : utf::illegal;
}

bool is_harmless(utf::code_point character) noexcept {
    if (character == '\t' || character == '\n') return true;
    const bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    return !control && character != utf::illegal;
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        if (take_character(bytes) == utf::illegal) return false;
    }
    return true;
}

void append_safely(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto before = text;
        if (is_harmless(take_character(text))) {
            out += before.substr(0, before.size() - text.size());
        } else {
            out += '?';
        }
    }
}

std::string safely(std::string_view text) {
    std::string safe;
    append_safely(safe, text);
    return safe;
}

}  // namespace belfry::wire

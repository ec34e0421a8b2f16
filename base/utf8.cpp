#include "base/utf8.hpp"

#include <unictype.h>

#include <boost/locale/encoding_utf.hpp>
#include <boost/locale/utf.hpp>

#include <algorithm>
#include <cstdint>

namespace belfry::base {
namespace {

namespace utf = boost::locale::utf;

// Removes the first character from the text and returns it. If the text is not UTF-8, removes one
// byte and returns utf::illegal.
utf::code_point take_character(std::string_view& text) noexcept {
    const char* at = text.data();
    const auto character = utf::utf_traits<char>::decode(at, text.data() + text.size());
    const bool valid = utf::is_valid_codepoint(character);
    text.remove_prefix(valid ? static_cast<std::size_t>(at - text.data()) : 1);
    return valid ? character : utf::illegal;
}

// These characters are invisible, but text needs them: without joiners Persian and Indic words are
// misspelt, and without joiners and variation selectors many emoji fall apart. None of them moves
// or hides its neighbours.
bool is_needed_in_text(utf::code_point character) noexcept {
    return ::uc_is_property_join_control(character) ||
           ::uc_is_property_variation_selector(character);
}

// Tells whether the character has no glyph: bidirectional controls, tags, fillers, line separators.
// A few visible Arabic and Syriac signs are in the same Unicode category, and are treated alike.
bool is_invisible(utf::code_point character) noexcept {
    constexpr std::uint32_t formats =
        UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    const bool has_no_glyph = ::uc_is_general_category_withtable(character, formats) ||
                              ::uc_is_property_default_ignorable_code_point(character);
    return has_no_glyph && !is_needed_in_text(character);
}

bool is_harmless(utf::code_point character) noexcept {
    if (character == '\t' || character == '\n') return true;
    const bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    return !is_control && character != utf::illegal && !is_invisible(character);
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        if (take_character(bytes) == utf::illegal) return false;
    }
    return true;
}

void append_sanitized(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto before = text;
        if (is_harmless(take_character(text))) {
            out += before.substr(0, before.size() - text.size());
        } else {
            out += '?';
        }
    }
}

std::string sanitize(std::string_view text) {
    std::string safe;
    append_sanitized(safe, text);
    return safe;
}

bool is_text(std::string_view bytes) noexcept {
    // Most payloads are ASCII, and the compiler vectorises the loop that checks for it.
    const auto is_ascii = [](unsigned char byte) { return byte != 0 && byte < 0x80; };
    bool all_ascii = true;
    for (const char byte : bytes) all_ascii &= is_ascii(static_cast<unsigned char>(byte));
    return all_ascii || (bytes.find('\0') == std::string_view::npos && base::is_utf8(bytes));
}

std::size_t find_text(std::string_view whole, std::string_view part, std::size_t from) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto alike = [lower](char a, char b) { return lower(a) == lower(b); };
    if (from > whole.size()) return std::string_view::npos;
    const auto begin = static_cast<std::ptrdiff_t>(from);
    const auto at =
        std::search(whole.begin() + begin, whole.end(), part.begin(), part.end(), alike) -
        whole.begin();
    const auto found = static_cast<std::size_t>(at);
    return found == whole.size() && !part.empty() ? std::string_view::npos : found;
}

std::wstring wide(std::string_view text) {
    return boost::locale::conv::utf_to_utf<wchar_t>(text.data(), text.data() + text.size());
}

std::string narrow(std::wstring_view text) {
    return boost::locale::conv::utf_to_utf<char>(text.data(), text.data() + text.size());
}

}  // namespace belfry::base

#include "terminal/mention.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace belfry::terminal {
namespace {

bool is_letter_or_digit(char c) {
    // Bytes of characters beyond ASCII count as letters.
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80 || c == '_';
}

bool is_joint(char c) {
    return c == '-' || c == '.';
}

// `ann.` is ann at the end of a sentence, `ann.b` is somebody else.
bool goes_on(std::string_view text, std::size_t at) {
    if (at >= text.size()) return false;
    if (is_letter_or_digit(text[at])) return true;
    return is_joint(text[at]) && at + 1 < text.size() && is_letter_or_digit(text[at + 1]);
}

bool has_begun(std::string_view text, std::size_t at) {
    return at > 0 && (is_letter_or_digit(text[at - 1]) || is_joint(text[at - 1]));
}

bool is_number(std::string_view id) {
    return std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<Part> mentions(std::string_view text, std::string_view id) {
    std::vector<Part> found;
    const bool needs_at = is_number(id);
    for (auto at = base::find_text(text, id); at != std::string_view::npos;
         at = base::find_text(text, id, at + 1)) {
        const bool has_at = at > 0 && text[at - 1] == '@';
        const bool is_word = !has_begun(text, at) && !goes_on(text, at + id.size());
        if (is_word && (has_at || !needs_at)) {
            const std::size_t sign = has_at ? 1 : 0;
            found.push_back({at - sign, id.size() + sign});
        }
    }
    return found;
}

}  // namespace belfry::terminal

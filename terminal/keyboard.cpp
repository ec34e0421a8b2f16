#include "terminal/keyboard.hpp"

#include <boost/locale/utf.hpp>

namespace belfry::terminal {
namespace {

namespace utf = boost::locale::utf;

// The sequences that a terminal sends before and after a paste. All terminals use the same two.
constexpr std::string_view paste_begins = "\x1b[200~";
constexpr std::string_view paste_ends = "\x1b[201~";

constexpr wchar_t enter = L'\r';
constexpr wchar_t quote = L'\x16';

}  // namespace

void Keyboard::take(std::string_view bytes) {
    bytes_ += bytes;
    while (!bytes_.empty()) {
        if (take_bracket()) continue;
        if (waits_for_bracket()) return;
        const auto before = bytes_.size();
        take_character();
        if (bytes_.size() == before) return;
    }
}

std::optional<wchar_t> Keyboard::next() {
    if (keys_.empty()) return std::nullopt;
    const wchar_t key = keys_.front();
    keys_.pop_front();
    return key;
}

bool Keyboard::take_bracket() {
    const auto bracket = is_pasting_ ? paste_ends : paste_begins;
    if (!bytes_.starts_with(bracket)) return false;
    bytes_.erase(0, bracket.size());
    is_pasting_ = !is_pasting_;
    was_cr_ = false;
    return true;
}

// Outside a paste, a single ESC may be the key itself, so it is passed on at once.
bool Keyboard::waits_for_bracket() const {
    const auto bracket = is_pasting_ ? paste_ends : paste_begins;
    const bool is_front = bytes_.size() < bracket.size() && bracket.starts_with(bytes_);
    return is_front && (is_pasting_ || bytes_.size() > 1);
}

void Keyboard::take_character() {
    const char* const begin = bytes_.data();
    const char* at = begin;
    const auto character = utf::utf_traits<char>::decode(at, begin + bytes_.size());
    if (character == utf::incomplete) return;
    if (character == utf::illegal) {
        bytes_.erase(0, 1);
        return;
    }
    bytes_.erase(0, static_cast<std::size_t>(at - begin));
    put(static_cast<wchar_t>(character));
}

void Keyboard::put(wchar_t character) {
    if (!is_pasting_) return keys_.push_back(character);
    // A pasted line may end with CR, LF or both.
    const bool is_second = was_cr_ && character == L'\n';
    was_cr_ = character == L'\r';
    if (is_second) return;
    if (character == L'\r' || character == L'\n') return keys_.push_back(enter);
    if (character < 0x20 || character == 0x7f) keys_.push_back(quote);
    keys_.push_back(character);
}

}  // namespace belfry::terminal

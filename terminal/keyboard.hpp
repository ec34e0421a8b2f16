#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// Decodes the bytes of the keyboard into characters. In a bracketed paste only the end of a line
/// acts as a key. Every other control character is quoted with Ctrl-V, so that it is inserted.
class Keyboard {
  public:
    /// Adds bytes from the terminal. A character or sequence may be split over several calls.
    void take(std::string_view bytes);

    /// Removes the next character. @return nothing if there is none
    [[nodiscard]] std::optional<wchar_t> next();

    [[nodiscard]] bool has_keys() const noexcept { return !keys_.empty(); }

    /// Makes next() return this key first.
    void press(wchar_t key) { keys_.push_front(key); }

  private:
    [[nodiscard]] bool take_bracket();
    [[nodiscard]] bool waits_for_bracket() const;
    void take_character();
    void put(wchar_t character);

    std::string bytes_;  // not decoded yet
    std::deque<wchar_t> keys_;
    bool is_pasting_ = false;
    bool was_cr_ = false;
};

}  // namespace belfry::terminal

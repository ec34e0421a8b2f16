#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// What comes from the keyboard: bytes in, characters out. In a bracketed paste nothing is a
/// command but the end of a line: each other control character is quoted with Ctrl-V.
class Keyboard {
  public:
    /// Takes bytes as they come, in whatever pieces.
    void take(std::string_view bytes);

    /// The next character; none: all have been given out.
    [[nodiscard]] std::optional<wchar_t> next();

    [[nodiscard]] bool has_keys() const noexcept { return !keys_.empty(); }

    /// A key that is to come next.
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

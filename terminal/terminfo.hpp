#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// What the terminfo database says about a terminal.
struct Terminfo {
    int colours = 0;            ///< how many it has; negative if it has none
    bool marks_pastes = false;  ///< whether it can put pastes in brackets

    /// Looks up $TERM. None if the terminal does not understand ansi.hpp, or is unknown.
    [[nodiscard]] static std::optional<Terminfo> load();
};

/// The control sequences that the terminals of today have in common (ECMA-48).
namespace ansi {

inline constexpr std::string_view clear_down = "\x1b[J";   ///< from the cursor on
inline constexpr std::string_view clear = "\x1b[H\x1b[J";  ///< the whole screen
inline constexpr std::string_view bell = "\a";
inline constexpr std::string_view plain = "\x1b[m";  ///< ends colours and attributes
inline constexpr std::string_view bold = "\x1b[1m";
inline constexpr std::string_view dim = "\x1b[2m";
inline constexpr std::string_view reverse = "\x1b[7m";

/// Lets the terminal put pastes in brackets, or not. Every terminal that does so has these two.
inline constexpr std::string_view paste_on = "\x1b[?2004h";
inline constexpr std::string_view paste_off = "\x1b[?2004l";

/// The cursor so many rows up, at most to the first row.
[[nodiscard]] inline std::string rows_up(std::size_t rows) {
    return rows == 0 ? "" : "\x1b[" + std::to_string(rows) + "A";
}

/// Letters in a colour: of 8 up to number 7, else of 256.
[[nodiscard]] inline std::string colour(int number) {
    return (number < 8 ? "\x1b[3" : "\x1b[38;5;") + std::to_string(number) + "m";
}

}  // namespace ansi

}  // namespace belfry::terminal

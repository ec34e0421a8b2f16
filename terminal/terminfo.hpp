#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// What the terminfo database says about a terminal.
struct Terminfo {
    int colours = 0;            ///< how many it has; negative if it has none
    bool marks_pastes = false;  ///< whether it can mark pastes

    /// Looks up $TERM. @return nothing if the terminal is unknown or does not understand the
    /// sequences in `ansi`
    [[nodiscard]] static std::optional<Terminfo> load();
};

/// The control sequences that all modern terminals understand (ECMA-48).
namespace ansi {

inline constexpr std::string_view clear_down = "\x1b[J";   ///< from the cursor on
inline constexpr std::string_view clear = "\x1b[H\x1b[J";  ///< the whole screen
inline constexpr std::string_view bell = "\a";
inline constexpr std::string_view plain = "\x1b[m";  ///< ends colours and attributes
inline constexpr std::string_view bold = "\x1b[1m";
inline constexpr std::string_view dim = "\x1b[2m";
inline constexpr std::string_view reverse = "\x1b[7m";

/// Make the terminal mark pastes, or stop marking them. All terminals that can do so use these two.
inline constexpr std::string_view paste_on = "\x1b[?2004h";
inline constexpr std::string_view paste_off = "\x1b[?2004l";

/// Returns the sequence that moves the cursor up, at most to the first row.
[[nodiscard]] inline std::string rows_up(std::size_t rows) {
    return rows == 0 ? "" : "\x1b[" + std::to_string(rows) + "A";
}

/// Returns the sequence that sets the colour of the text: up to number 7 the one for 8 colours,
/// else the one for 256 colours.
[[nodiscard]] inline std::string colour(int number) {
    return (number < 8 ? "\x1b[3" : "\x1b[38;5;") + std::to_string(number) + "m";
}

}  // namespace ansi

}  // namespace belfry::terminal

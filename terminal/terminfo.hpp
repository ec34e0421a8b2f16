#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace belfry::terminal {

/// What the terminal understands, by the terminfo database. A string that it lacks is empty.
struct Terminfo {
    std::vector<std::string> up;  ///< at index N: the cursor N rows up, at most to the first row
    std::string clear_down;       ///< from the cursor to the end of the screen
    std::string clear;            ///< the whole screen
    std::string ring;
    std::string plain;  ///< ends colours and attributes
    std::string bold;
    std::string dim;
    std::string standout;
    std::vector<std::string> colours;  ///< such that can be read on dark and on light
    std::string paste_on;              ///< pastes come in brackets from now on
    std::string paste_off;

    /// That of $TERM; none where the terminal cannot take back what it shows.
    [[nodiscard]] static std::optional<Terminfo> load();

    /// The cursor so many rows up, at most to the first row.
    [[nodiscard]] std::string rows_up(std::size_t rows) const;
};

}  // namespace belfry::terminal

#pragma once

#include <optional>

namespace belfry::terminal {

/// What the terminfo database says about a terminal.
struct Terminfo {
    int colours = 0;            ///< how many it has; negative if it has none
    bool marks_pastes = false;  ///< whether it can put pastes in brackets

    /// Looks up $TERM. None if the terminal does not understand ansi.hpp, or is unknown.
    [[nodiscard]] static std::optional<Terminfo> load();
};

}  // namespace belfry::terminal

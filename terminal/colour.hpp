#pragma once

#include "terminal/terminfo.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// The value of `--color`.
enum class ColourMode { automatic, always, never };

/// Tells whether to use colours. With `automatic`: on a terminal, if NO_COLOR is unset or empty.
[[nodiscard]] bool wants_colour(ColourMode mode, bool is_terminal);

/// Puts colours and attributes around text. The text must hold no control characters.
class Painter {
  public:
    /// Makes a painter that leaves every text as it is.
    Painter() = default;
    /// @param colours how many colours the terminal has
    explicit Painter(int colours);

    /// Paints a client-id in a colour of its own, as long as there are enough colours. The colour
    /// depends on the id, so it usually stays the same from run to run. Without colours the id is
    /// bold.
    [[nodiscard]] std::string sender(std::string_view id);

    [[nodiscard]] std::string dim(std::string_view text) const { return in(ansi::dim, text); }
    [[nodiscard]] std::string bold(std::string_view text) const { return in(ansi::bold, text); }
    [[nodiscard]] std::string reverse(std::string_view text) const {
        return in(ansi::reverse, text);
    }

  private:
    [[nodiscard]] std::string in(std::string_view attribute, std::string_view text) const;
    [[nodiscard]] std::size_t colour_of(std::string_view id);

    bool paints_ = false;
    std::span<const int> palette_;
    std::map<std::string, std::size_t, std::less<>> taken_;
};

}  // namespace belfry::terminal

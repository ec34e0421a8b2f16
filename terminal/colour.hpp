#pragma once

#include "terminal/terminfo.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// `--color`.
enum class ColourMode { automatic, always, never };

/// Whether to colour: `automatic` does at a terminal, if NO_COLOR is unset or empty.
[[nodiscard]] bool wants_colour(ColourMode mode, bool is_terminal);

/// Puts colours and attributes around text, which must be harmless.
class Painter {
  public:
    /// Paints nothing.
    Painter() = default;
    /// @param colours how many the terminal has
    explicit Painter(int colours);

    /// The client-id in a colour that no other one has, as long as there are enough. The name
    /// chooses the colour, so that it mostly stays the same from run to run. Bold if there are no
    /// colours.
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

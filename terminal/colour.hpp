#pragma once

#include "terminal/terminfo.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// `--color`.
enum class ColourMode { automatic, always, never };

/// Whether to colour: `automatic` does on a terminal, where NO_COLOR is unset or empty.
[[nodiscard]] bool wants_colour(ColourMode mode, bool is_terminal);

/// Colours and attributes, or none of them. Text that is given to it must be harmless.
class Painter {
  public:
    /// Paints nothing.
    Painter() = default;
    explicit Painter(Terminfo terminfo) : known_{std::move(terminfo)} {}

    /// The client-id in a colour that no other one has got, as long as there are enough. It
    /// depends on the name first, so that it mostly stays the same from run to run.
    [[nodiscard]] std::string sender(std::string_view id);

    [[nodiscard]] std::string dim(std::string_view text) const { return in(known_.dim, text); }
    [[nodiscard]] std::string bold(std::string_view text) const { return in(known_.bold, text); }
    [[nodiscard]] std::string standout(std::string_view text) const {
        return in(known_.standout, text);
    }

  private:
    [[nodiscard]] std::string in(const std::string& attribute, std::string_view text) const;
    [[nodiscard]] std::size_t colour_of(std::string_view id);

    Terminfo known_;
    std::map<std::string, std::size_t, std::less<>> taken_;
};

}  // namespace belfry::terminal

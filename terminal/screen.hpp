#pragma once

#include "terminal/colour.hpp"
#include "terminal/editor.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// The terminal: text that stays, and at its end, taken off and drawn again whenever something is
/// printed, a few rows of status and the line that is being typed.
class Screen {
  public:
    explicit Screen(const Painter& painter) : painter_{painter} {}
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen() { hide(); }

    /// A line is edited from now on, or, null, no more.
    void edit(Editor* editor) { editor_ = editor; }

    /// Prints whole lines of harmless text, above what is at the end.
    void print(std::string_view text);

    /// The rows above the line, which are cut where they are too long. Harmless text.
    void set_status(std::vector<std::string> rows);

    /// Draws what is missing: before the program waits.
    void show();

    /// Draws the status and leaves the line to the editor, which is about to begin one.
    void show_status();

    /// Takes off status and line.
    void hide();

    /// Clears the screen and draws both again.
    void clear();

    /// The terminal's size has changed.
    void resize();

    /// In characters, never 0.
    struct Size {
        std::size_t columns;
        std::size_t rows;
    };
    [[nodiscard]] static Size size();

    static void bell();

  private:
    [[nodiscard]] std::size_t rows_above_cursor() const;

    const Painter& painter_;
    Editor* editor_ = nullptr;
    std::vector<std::string> status_;
    std::vector<std::size_t> drawn_;  // the columns of the status rows on the screen
    bool is_shown_ = false;
};

}  // namespace belfry::terminal

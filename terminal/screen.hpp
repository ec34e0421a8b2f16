#pragma once

#include "terminal/colour.hpp"
#include "terminal/editor.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// The screen of the terminal: printed text, and below it a few status rows and the line being
/// typed. Rows and line are removed and drawn again whenever something is printed.
class Screen {
  public:
    explicit Screen(const Painter& painter) : painter_{painter} {}
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen() { hide(); }

    /// Sets the editor whose line is drawn; null: none.
    void edit(Editor* editor) { editor_ = editor; }

    /// Prints whole lines above the status rows. The text must hold no control characters but
    /// colours.
    void print(std::string_view text);

    /// Sets the status rows. A row that is too long is cut. The rows must hold no control
    /// characters.
    void set_status(std::vector<std::string> rows);

    /// Draws what is not on the screen. Call it before the program waits.
    void show();

    /// Draws the status rows only, because the editor is about to draw a new line.
    void show_status();

    /// Removes the status rows and the line from the screen.
    void hide();

    /// Clears the screen, then draws the status rows and the line again.
    void clear();

    /// Adapts to a new size of the terminal.
    void resize();

    /// A size in characters, never 0.
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
    std::vector<std::size_t> drawn_;  // the width of each status row on the screen
    bool is_shown_ = false;
};

}  // namespace belfry::terminal

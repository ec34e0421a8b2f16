#pragma once

#define NCURSES_NOMACROS  // its macros have common names, and there is a function for each
#include <curses.h>

#include <string>

namespace belfry::ctl {

/// The whole screen of the terminal, drawn with ncurses. The destructor restores the terminal.
/// There can be one object in a process, used by one thread.
class CursesScreen {
  public:
    /// Takes over the terminal.
    /// @throws cli::UsageError if standard input or output is not a terminal, or its type is
    /// unknown
    CursesScreen();
    CursesScreen(const CursesScreen&) = delete;
    CursesScreen& operator=(const CursesScreen&) = delete;
    ~CursesScreen();

    /// Returns the number of lines.
    [[nodiscard]] int lines() const noexcept;

    enum class Style { plain, bold, reverse };

    /// Replaces one line. A text that is too long is cut off. @param text ASCII
    void put(int line, const std::string& text, Style style = Style::plain) noexcept;
    /// Clears this line and all lines below.
    void clear_from(int line) noexcept;
    /// Shows the changes on the terminal.
    void show() noexcept;

    /// The values of key() that are not characters.
    enum : int {
        none = -1,  ///< no key was pressed in time, or a signal came
        up = -2,
        down = -3,
        page_up = -4,
        page_down = -5,
        other = -6,    ///< another key, or the screen has a new size
        hung_up = -7,  ///< the terminal has hung up
    };

    /// Waits for a key. Returns its character, or one of the values above. It waits for at most
    /// `timeout_ms`.
    [[nodiscard]] int key(int timeout_ms) noexcept;

  private:
    SCREEN* screen_ = nullptr;
    WINDOW* window_ = nullptr;
};

}  // namespace belfry::ctl

#pragma once

#define NCURSES_NOMACROS  // functions do
#include <curses.h>

#include <string>

namespace belfry::ctl {

/// The whole screen, by ncurses: it belongs to the program while this lives, and is as before
/// afterwards. One per process; one thread.
class Terminal {
  public:
    /// @throws cli::UsageError: standard input and output are no terminal, or an unknown one
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    [[nodiscard]] int lines() const noexcept;

    enum class Style { plain, bold, reverse };

    /// Replaces one line; what does not fit is cut. @param text ASCII
    void put(int line, const std::string& text, Style style = Style::plain) noexcept;
    /// Nothing is left from there on.
    void clear_from(int line) noexcept;
    /// Shows what was put.
    void show() noexcept;

    enum : int {
        none = -1,
        up = -2,
        down = -3,
        page_up = -4,
        page_down = -5,
        other = -6,
        gone = -7,
    };

    /// A character; or one of those above, none after so many milliseconds or at a signal. A new
    /// size of the screen is `other`. At once `gone` where the terminal has hung up.
    [[nodiscard]] int key(int timeout_ms) noexcept;

  private:
    SCREEN* screen_ = nullptr;
    WINDOW* window_ = nullptr;
};

}  // namespace belfry::ctl

#include "inspect/terminal.hpp"

#include "cli/command_line.hpp"

#include <curses.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace belfry::inspect {

Terminal::Terminal() : screen_{nullptr} {
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
        throw cli::UsageError{"top needs a terminal"};
    }
    // Not initscr(), which ends the program where it fails.
    screen_ = ::newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr) {
        const char* const name = std::getenv("TERM");
        throw cli::UsageError{std::string{"top needs a terminal that is known, not TERM="} +
                              (name != nullptr ? name : "")};
    }
    ::cbreak();
    ::noecho();
    ::keypad(stdscr, TRUE);
    ::curs_set(0);
}

Terminal::~Terminal() {
    ::endwin();
    ::delscreen(screen_);
}

int Terminal::lines() const noexcept {
    return LINES;
}

void Terminal::put(int line, const std::string& text, Style style) noexcept {
    const attr_t attributes = style == Style::bold      ? A_BOLD
                              : style == Style::reverse ? A_REVERSE
                                                        : A_NORMAL;
    ::move(line, 0);
    ::clrtoeol();
    ::attrset(static_cast<int>(attributes));
    ::addnstr(text.c_str(), COLS);
    ::attrset(A_NORMAL);
}

void Terminal::clear_from(int line) noexcept {
    if (line >= LINES) return;
    ::move(line, 0);
    ::clrtobot();
}

void Terminal::show() noexcept {
    ::refresh();
}

int Terminal::key(int timeout_ms) noexcept {
    ::timeout(timeout_ms);
    const int key = ::getch();
    switch (key) {
        case ERR:
            return none;
        case KEY_UP:
            return up;
        case KEY_DOWN:
            return down;
        case KEY_PPAGE:
            return page_up;
        case KEY_NPAGE:
            return page_down;
        default:
            return key < 0x80 ? key : other;
    }
}

}  // namespace belfry::inspect

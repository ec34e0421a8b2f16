#include "ctl/curses_screen.hpp"

#include "cli/command_line.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace belfry::ctl {
namespace {

/// Tells whether the terminal has hung up. If it has, reading fails at once.
bool has_hung_up() noexcept {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace

CursesScreen::CursesScreen() {
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
        throw cli::UsageError{"top requires a terminal"};
    }
    // initscr() would end the program if it failed.
    screen_ = ::newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr) {
        const char* const name = std::getenv("TERM");
        throw cli::UsageError{std::string{"top does not know the terminal type TERM="} +
                              (name != nullptr ? name : "")};
    }
    ::cbreak();
    ::noecho();
    window_ = stdscr;
    ::keypad(window_, TRUE);
    ::curs_set(0);
}

CursesScreen::~CursesScreen() {
    ::endwin();
    ::delscreen(screen_);
}

int CursesScreen::lines() const noexcept {
    return ::getmaxy(window_);
}

void CursesScreen::put(int line, const std::string& text, Style style) noexcept {
    const attr_t attributes = style == Style::bold      ? A_BOLD
                              : style == Style::reverse ? A_REVERSE
                                                        : A_NORMAL;
    ::wmove(window_, line, 0);
    ::wclrtoeol(window_);
    ::wattrset(window_, static_cast<int>(attributes));
    ::waddnstr(window_, text.c_str(), ::getmaxx(window_));
    ::wattrset(window_, A_NORMAL);
}

void CursesScreen::clear_from(int line) noexcept {
    if (line >= lines()) return;
    ::wmove(window_, line, 0);
    ::wclrtobot(window_);
}

void CursesScreen::show() noexcept {
    ::wrefresh(window_);
}

int CursesScreen::key(int timeout_ms) noexcept {
    ::wtimeout(window_, timeout_ms);
    const int key = ::wgetch(window_);
    switch (key) {
        case ERR:
            return has_hung_up() ? hung_up : none;
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

}  // namespace belfry::ctl

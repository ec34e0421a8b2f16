#include "ctl/terminal.hpp"

#include "cli/command_line.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace belfry::ctl {
namespace {

/// Reading fails at once from then on.
bool has_hung_up() noexcept {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace

Terminal::Terminal() {
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
    window_ = stdscr;
    ::keypad(window_, TRUE);
    ::curs_set(0);
}

Terminal::~Terminal() {
    ::endwin();
    ::delscreen(screen_);
}

int Terminal::lines() const noexcept {
    return ::getmaxy(window_);
}

void Terminal::put(int line, const std::string& text, Style style) noexcept {
    const attr_t attributes = style == Style::bold      ? A_BOLD
                              : style == Style::reverse ? A_REVERSE
                                                        : A_NORMAL;
    ::wmove(window_, line, 0);
    ::wclrtoeol(window_);
    ::wattrset(window_, static_cast<int>(attributes));
    ::waddnstr(window_, text.c_str(), ::getmaxx(window_));
    ::wattrset(window_, A_NORMAL);
}

void Terminal::clear_from(int line) noexcept {
    if (line >= lines()) return;
    ::wmove(window_, line, 0);
    ::wclrtobot(window_);
}

void Terminal::show() noexcept {
    ::wrefresh(window_);
}

int Terminal::key(int timeout_ms) noexcept {
    ::wtimeout(window_, timeout_ms);
    const int key = ::wgetch(window_);
    switch (key) {
        case ERR:
            return has_hung_up() ? gone : none;
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

#include "terminal/screen.hpp"

#include "terminal/line_layout.hpp"
#include "terminal/terminfo.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace belfry::terminal {
namespace {

// Errors are ignored: if standard output fails, the terminal is gone, and SIGHUP follows.
void write(std::string_view text) {
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stdout));
}

}  // namespace

void Screen::print(std::string_view text) {
    if (text.empty()) return;
    hide();
    write(text);
}

void Screen::set_status(std::vector<std::string> rows) {
    if (rows == status_) return;
    hide();
    status_ = std::move(rows);
}

void Screen::show() {
    if (editor_ != nullptr && editor_->must_be_drawn()) hide();
    if (!is_shown_) {
        show_status();
        if (editor_ != nullptr) editor_->draw();
    }
    static_cast<void>(std::fflush(stdout));
}

void Screen::show_status() {
    const std::size_t columns = size().columns;
    drawn_.clear();
    for (const auto& row : status_) {
        const auto text = fitted(row, columns - 1);
        drawn_.push_back(columns_of(text));
        write(painter_.dim(text) + "\n");
    }
    is_shown_ = true;
}

void Screen::hide() {
    if (!is_shown_) return;
    write(ansi::rows_up(rows_above_cursor()));
    write("\r");
    write(ansi::clear_down);
    is_shown_ = false;
}

void Screen::clear() {
    write(ansi::clear);
    is_shown_ = false;
    show();
}

void Screen::resize() {
    hide();
    if (editor_ != nullptr) editor_->resize(size().columns);
}

void Screen::bell() {
    write(ansi::bell);
}

// A terminal that has become narrower has wrapped the rows again.
std::size_t Screen::rows_above_cursor() const {
    const Size now = size();
    std::size_t rows = 0;
    for (const auto columns : drawn_) {
        rows += std::max<std::size_t>((columns + now.columns - 1) / now.columns, 1);
    }
    return editor_ == nullptr ? rows : rows + editor_->cursor_row(now.columns, now.rows);
}

Screen::Size Screen::size() {
    winsize window{};
    const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0;
    const auto or_usual = [is_known](unsigned short known, std::size_t usual) {
        return is_known && known > 0 ? known : usual;
    };
    return {.columns = std::max<std::size_t>(or_usual(window.ws_col, 80), 2),
            .rows = or_usual(window.ws_row, 24)};
}

}  // namespace belfry::terminal

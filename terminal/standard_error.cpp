#include "terminal/standard_error.hpp"

#include "cli/standard_streams.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace belfry::terminal {
namespace {

std::function<void(std::string_view)> current_listener;

using namespace std::chrono_literals;

constexpr base::Duration quiet = 1s;
constexpr base::Duration interval = 200ms;

}  // namespace

void warn(std::string_view text) {
    if (current_listener) current_listener(text);
    if (!current_listener || ::isatty(STDERR_FILENO) == 0) cli::warn("belfry", text);
}

void redirect_warnings(std::function<void(std::string_view text)> listener) {
    current_listener = std::move(listener);
}

Progress::Progress() : is_terminal_{::isatty(STDERR_FILENO) == 1} {
    if (!is_terminal_) return;
    redirect_warnings([this](std::string_view text) {
        clear();
        cli::warn("belfry", text);
    });
}

Progress::~Progress() {
    clear();
    redirect_warnings(nullptr);
}

void Progress::begin(base::TimePoint now) {
    if (is_terminal_ && !next_) next_ = now + quiet;
}

void Progress::show(std::string_view text, base::TimePoint now) {
    if (text.empty()) {
        next_.reset();
        return clear();
    }
    next_ = now + interval;
    std::string row{"\r"};
    row += text;
    // Spaces cover the rest of a longer row that is on the terminal.
    row.resize(std::max(row.size(), shown_ + 1), ' ');
    if (write(row)) shown_ = text.size();
}

void Progress::clear() {
    if (shown_ == 0) return;
    if (write("\r" + std::string(shown_, ' ') + "\r")) shown_ = 0;
}

// Writes only if it can without waiting, because a terminal that was stopped with Ctrl-S must not
// hold up the work.
bool Progress::write(std::string_view text) {
    pollfd terminal{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&terminal, 1, 0) <= 0) return false;
    return ::write(STDERR_FILENO, text.data(), text.size()) >= 0;
}

}  // namespace belfry::terminal

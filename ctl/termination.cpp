#include "ctl/termination.hpp"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace belfry::ctl {
namespace {

volatile sig_atomic_t termination_requested = 0;

/// How long one wait for the reader lasts. It is short, because a signal that comes just before the
/// wait does not interrupt it.
constexpr int wait_ms = 50;

/// Waits a moment until writing does not block. Also returns true if writing would fail.
bool is_writable() {
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&output, 1, wait_ms) == 1;
}

/// Writes once. @return the number of bytes written; 0 if a signal came
std::size_t write_some(std::string_view bytes) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EINTR || errno == EAGAIN) return 0;
    throw std::runtime_error{std::string{"cannot write standard output: "} + std::strerror(errno)};
}

}  // namespace

void catch_termination_signals(std::initializer_list<int> signals) noexcept {
    struct sigaction action {};
    action.sa_handler = [](int) { termination_requested = 1; };
    // SA_RESTART is not set, so that a signal interrupts waiting calls.
    for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

bool is_termination_requested() noexcept {
    return termination_requested != 0;
}

bool write_interruptibly(std::string_view lines) {
    while (!lines.empty()) {
        if (is_writable()) {
            // A writable pipe takes PIPE_BUF bytes without blocking.
            lines.remove_prefix(write_some(lines.substr(0, PIPE_BUF)));
        } else if (is_termination_requested()) {
            return false;
        }
    }
    return true;
}

}  // namespace belfry::ctl

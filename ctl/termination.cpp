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

volatile sig_atomic_t to_end = 0;

/// A signal may come just before the wait, so that is short.
constexpr int wait_ms = 50;

/// Also where writing would fail.
bool can_be_written() {
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&output, 1, wait_ms) == 1;
}

/// @return bytes that were written; 0: a signal came
std::size_t write_some(std::string_view bytes) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EINTR || errno == EAGAIN) return 0;
    throw std::runtime_error{std::string{"cannot write standard output: "} + std::strerror(errno)};
}

}  // namespace

void take_end_signals(std::initializer_list<int> signals) noexcept {
    struct sigaction action {};
    action.sa_handler = [](int) { to_end = 1; };
    // Without SA_RESTART, so that waiting ends.
    for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

bool is_to_end() noexcept {
    return to_end != 0;
}

bool write_lines(std::string_view lines) {
    while (!lines.empty()) {
        if (can_be_written()) {
            // A pipe that can be written takes as much without waiting.
            lines.remove_prefix(write_some(lines.substr(0, PIPE_BUF)));
        } else if (is_to_end()) {
            return false;
        }
    }
    return true;
}

}  // namespace belfry::ctl

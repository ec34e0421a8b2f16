#include "server/standard_error_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace belfry::server {
namespace {

/// How long a line waits for a slow reader. After a line was dropped, the next ones do not wait
/// until one could be written.
constexpr int timeout_ms = 100;

bool takes_a_line(bool may_wait) noexcept {
    pollfd output{STDERR_FILENO, POLLOUT, 0};
    // A pipe is writable if it has room for PIPE_BUF bytes, and no line is longer than that.
    return ::poll(&output, 1, may_wait ? timeout_ms : 0) == 1 && output.revents == POLLOUT;
}

}  // namespace

void StandardErrorSink::sink_it_(const spdlog::details::log_msg& message) {
    if (!takes_a_line(dropped_ == 0)) {
        ++dropped_;
        return;
    }
    if (dropped_ != 0) log_what_was_dropped();
    write_line(message);
}

void StandardErrorSink::log_what_was_dropped() {
    const std::string text = std::to_string(std::exchange(dropped_, 0)) +
                             " log lines dropped before this one: standard error was not read";
    write_line({"belfryd", spdlog::level::warn, text});
}

/// Writes one line. A failure cannot be reported to anybody.
void StandardErrorSink::write_line(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace belfry::server

#include "server/standard_error_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace belfry::server {
namespace {

/// A reader that is only slow is waited for so long, once: behind a line that was dropped there is
/// no waiting until one goes out again.
constexpr int timeout_ms = 100;

bool takes_a_line(bool may_wait) noexcept {
    pollfd output{STDERR_FILENO, POLLOUT, 0};
    // A pipe is ready where it has room for PIPE_BUF bytes, and no line is longer than that.
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
                             " lines before this one were dropped: nobody read them";
    write_line({"belfryd", spdlog::level::warn, text});
}

/// Where standard error cannot be written there is nobody to tell.
void StandardErrorSink::write_line(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace belfry::server

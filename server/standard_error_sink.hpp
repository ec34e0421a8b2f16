#pragma once

// Header-only, because Debian has neither library in a static form, which belfryd needs.
#define FMT_HEADER_ONLY

#include <cstdint>
#include <mutex>
#include <spdlog/logger.h>             // IWYU pragma: export
#include <spdlog/pattern_formatter.h>  // IWYU pragma: export
#include <spdlog/sinks/base_sink.h>    // IWYU pragma: export

namespace belfry::server {

/// Standard error for spdlog: a line is one write, and never waited for longer than a moment.
/// The mutex is of this process alone. Only the supervisor forks, and it has one thread, so no
/// child inherits it locked.
class StandardErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    /// By a child, behind the fork: what its parent dropped is not its own to tell.
    void forget_dropped() noexcept { dropped_ = 0; }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

  private:
    void log_what_was_dropped();
    void write_line(const spdlog::details::log_msg& message);

    std::uint64_t dropped_ = 0;
};

}  // namespace belfry::server

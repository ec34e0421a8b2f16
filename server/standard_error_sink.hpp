#pragma once

// Header-only, because Debian has neither library in a static form, which belfryd needs.
#define FMT_HEADER_ONLY

#include <cstdint>
#include <mutex>
#include <spdlog/logger.h>             // IWYU pragma: export
#include <spdlog/pattern_formatter.h>  // IWYU pragma: export
#include <spdlog/sinks/base_sink.h>    // IWYU pragma: export

namespace belfry::server {

/// spdlog's sink for standard error. It writes each line by one call and waits only a moment for a
/// slow reader. The mutex belongs to this process alone; only the supervisor forks, and it has one
/// thread, so that no child inherits a locked mutex.
class StandardErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    /// Forgets the lines that the parent has dropped. A child calls it after the fork.
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

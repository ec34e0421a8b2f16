#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

/// What the server says of itself: one line an event, on standard error.
namespace belfry::server {

enum class LogLevel : std::uint32_t {
    error = 0,    ///< it cannot do what it is for
    warning = 1,  ///< somebody should look at it
    info = 2,
    debug = 3,
};

/// `error`, `warning`, `info`, `debug`.
[[nodiscard]] std::string_view word_for(LogLevel level) noexcept;

/// json: an object with `time` (UTC), `level`, `pid` and `text`. text: `belfryd: <level>: <text>`,
/// or for the journal, which keeps level and time itself, `<N>belfryd: <text>`.
enum class LogFormat { text, json };

/// What is said from now on; before, text of every level but debug. By the supervisor, before it
/// forks.
void set_log(LogLevel level, LogFormat format) noexcept;

/// While it lives, the level is the one that the word holds, which all processes share: a reload
/// changes it for all of them. One at a time; children inherit it.
class SharedLogLevel {
  public:
    explicit SharedLogLevel(const std::atomic<std::uint32_t>& word) noexcept;
    SharedLogLevel(const SharedLogLevel&) = delete;
    SharedLogLevel& operator=(const SharedLogLevel&) = delete;
    ~SharedLogLevel();
};

/// By a child, right behind the fork: what its parent had to drop is not its own to tell.
void begin_own_log() noexcept;

/// Says one event in one line on standard error, in one write, so that the lines of several
/// processes do not mix; whatever the text holds can do nothing to a terminal. Where standard error
/// is a pipe that nobody reads, lines are dropped rather than waited for, and the next one says how
/// many. Any process, any thread.
void log_event(LogLevel level, std::string_view event) noexcept;

}  // namespace belfry::server

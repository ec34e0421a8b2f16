#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

/// The log of belfryd and belfry-gate: one line for each event, on standard error. The namespace is
/// inline, so that every folder can log without a prefix.
namespace belfry {
inline namespace daemon {

enum class LogLevel : std::uint32_t {
    error = 0,    ///< the server cannot do its work
    warning = 1,  ///< somebody should look into it
    info = 2,
    debug = 3,
};

/// Returns `error`, `warning`, `info` or `debug`.
[[nodiscard]] std::string_view word_for(LogLevel level) noexcept;

/// Returns the level that such a word names; nothing if it is another word.
[[nodiscard]] std::optional<LogLevel> log_level_named(std::string_view word) noexcept;

/// `json` prints an object with `time` (UTC), `level`, `pid` and `text`. `text` prints
/// `<program>: <level>: <event>`, or `<N><program>: <event>` for the journal, which stores level
/// and time itself.
enum class LogFormat { text, json };

/// Returns `text` or `json`.
[[nodiscard]] std::string_view word_for(LogFormat format) noexcept;

/// Returns the format that `text` or `json` names; nothing if it is another word.
[[nodiscard]] std::optional<LogFormat> log_format_named(std::string_view word) noexcept;

/// Sets level and format of the log. The default is `info` and `text`. Only the first process of a
/// program calls it, before it forks.
/// @param program the name at the beginning of each line
void set_log(LogLevel level, LogFormat format, std::string_view program = "belfryd") noexcept;

/// Takes the level, while the object exists, from a word that all processes share, so that a reload
/// changes it for all of them. At most one object exists at a time; children inherit it.
class SharedLogLevel {
  public:
    explicit SharedLogLevel(const std::atomic<std::uint32_t>& word) noexcept;
    SharedLogLevel(const SharedLogLevel&) = delete;
    SharedLogLevel& operator=(const SharedLogLevel&) = delete;
    ~SharedLogLevel();
};

/// Forgets how many lines the parent has dropped, so that the child does not report them. A child
/// calls it directly after the fork.
void begin_own_log() noexcept;

/// Logs one event as one line on standard error. The line is written by one call, so that lines of
/// several processes do not mix, and its text is made safe for a terminal. If standard error is a
/// pipe that nobody reads, lines are dropped after a short wait, and the next line tells how many.
/// Any thread of any process may call it.
void log_event(LogLevel level, std::string_view event) noexcept;

}  // namespace daemon
}  // namespace belfry

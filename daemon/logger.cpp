#include "daemon/logger.hpp"

#include "base/utf8.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
// spdlog and fmt are used header-only, because Debian has neither in the static form that belfryd
// needs.
#define FMT_HEADER_ONLY
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <utility>

namespace belfry {
inline namespace daemon {
namespace {

constexpr std::array<std::string_view, 4> words{"error", "warning", "info", "debug"};

/// Limit of a text in bytes. With prefix and escapes the line stays below PIPE_BUF, the size up to
/// which a write to a pipe is atomic.
constexpr std::size_t max_text = 1900;

std::atomic<std::uint32_t> own_level{static_cast<std::uint32_t>(LogLevel::info)};
std::atomic<const std::atomic<std::uint32_t>*> level_word{&own_level};

/// Converts a level. spdlog has the same levels in the opposite order.
spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
    return static_cast<spdlog::level::level_enum>(spdlog::level::err - static_cast<int>(level));
}

/// Tells whether the descriptor is the journal. systemd passes the journal's device and inode, and
/// standard error may have been redirected since.
bool is_journal(int fd) {
    const char* const named = std::getenv("JOURNAL_STREAM");
    struct stat file {};
    if (named == nullptr || ::fstat(fd, &file) != 0) return false;
    return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) == named;
}

/// Prints `<N>`, which tells the journal the level (sd-daemon(3)).
class JournalPrefix final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
                spdlog::memory_buf_t& line) override {
        constexpr std::string_view priorities{"77643"};  // by spdlog's level
        line.push_back('<');
        line.push_back(priorities[static_cast<std::size_t>(message.level)]);
        line.push_back('>');
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<JournalPrefix>();
    }
};

std::unique_ptr<spdlog::pattern_formatter> formatter_for(LogFormat format,
                                                         const std::string& program) {
    auto formatter =
        std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    if (format == LogFormat::json) {
        formatter->set_pattern(
            R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","pid":%P,"text":%v})");
    } else if (is_journal(STDERR_FILENO)) {
        formatter->add_flag<JournalPrefix>('*').set_pattern("%*" + program + ": %v");
    } else {
        formatter->set_pattern(program + ": %l: %v");
    }
    return formatter;
}

/// How long a line waits for a slow reader. After a line was dropped, later lines do not wait at
/// all until one could be written.
constexpr int timeout_ms = 100;

bool takes_a_line(bool may_wait) noexcept {
    pollfd output{STDERR_FILENO, POLLOUT, 0};
    // A pipe is writable if it has room for PIPE_BUF bytes, and no line is longer than that.
    return ::poll(&output, 1, may_wait ? timeout_ms : 0) == 1 && output.revents == POLLOUT;
}

/// spdlog's sink for standard error. It writes each line by one call and waits only a moment for a
/// slow reader. The mutex belongs to this process alone; only processes with one thread fork, so no
/// child inherits a locked mutex.
class StandardErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    void forget_dropped() noexcept { dropped_ = 0; }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (!takes_a_line(dropped_ == 0)) {
            ++dropped_;
            return;
        }
        if (dropped_ != 0) log_dropped();
        write_line(message);
    }
    void flush_() override {}

  private:
    void log_dropped() {
        const std::string text = std::to_string(std::exchange(dropped_, 0)) +
                                 " log lines dropped before this one: standard error was not read";
        write_line({"belfryd", spdlog::level::warn, text});
    }

    /// Writes one line. A failure cannot be reported to anybody.
    void write_line(const spdlog::details::log_msg& message) {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }

    std::uint64_t dropped_ = 0;
};

/// spdlog's logger of this process. It is not in spdlog's registry, whose threads and locks would
/// not survive a fork.
class Log {
  public:
    Log() : sink_{std::make_shared<StandardErrorSink>()}, logger_{"belfryd", sink_} {
        logger_.set_level(spdlog::level::trace);  // log_event() checks the level
        set_format(LogFormat::text, "belfryd");
    }

    void set_format(LogFormat format, std::string_view program) {
        is_json_ = format == LogFormat::json;
        logger_.set_formatter(formatter_for(format, std::string{program}));
    }

    void write(LogLevel level, std::string_view event) {
        std::string text;
        base::append_sanitized(text, event.substr(0, max_text));
        std::replace(text.begin(), text.end(), '\n', ' ');
        if (is_json_) text = nlohmann::json(text).dump();
        logger_.log(spdlog_level(level), spdlog::string_view_t{text});
    }

    void forget_dropped() noexcept { sink_->forget_dropped(); }

  private:
    std::shared_ptr<StandardErrorSink> sink_;
    spdlog::logger logger_;
    bool is_json_ = false;
};

Log& log() {
    static Log one;
    return one;
}

}  // namespace

std::string_view word_for(LogLevel level) noexcept {
    return words[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level_named(std::string_view word) noexcept {
    const auto* const found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) return {};
    return static_cast<LogLevel>(found - words.begin());
}

std::string_view word_for(LogFormat format) noexcept {
    return format == LogFormat::json ? "json" : "text";
}

std::optional<LogFormat> log_format_named(std::string_view word) noexcept {
    if (word == "text") return LogFormat::text;
    if (word == "json") return LogFormat::json;
    return {};
}

void set_log(LogLevel level, LogFormat format, std::string_view program) noexcept {
    own_level.store(static_cast<std::uint32_t>(level));
    log().set_format(format, program);
}

SharedLogLevel::SharedLogLevel(const std::atomic<std::uint32_t>& word) noexcept {
    level_word.store(&word);
}

SharedLogLevel::~SharedLogLevel() {
    own_level.store(level_word.load()->load());
    level_word.store(&own_level);
}

void begin_own_log() noexcept {
    log().forget_dropped();
}

void log_event(LogLevel level, std::string_view event) noexcept {
    if (static_cast<std::uint32_t>(level) > level_word.load()->load(std::memory_order_relaxed)) {
        return;
    }
    log().write(level, event);
}

}  // namespace daemon
}  // namespace belfry

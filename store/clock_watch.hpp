#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace belfry::store {

/// Tells whether the wall clock can be trusted, so that retention may delete messages by their age.
/// It is not trusted while it differs by more than an hour from the time that it would show if
/// nobody had set it since the segment was made.
class ClockWatch {
  public:
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    /// A larger difference is a jump.
    static constexpr std::chrono::milliseconds max_jump = std::chrono::hours{1};

    /// Starts to watch. @param offset_ms base::clock_offset_ms() when the segment was made
    ClockWatch(std::int64_t offset_ms, Report report);

    /// Tells whether the clock is trusted now. Logs one line when it has jumped, and one when it is
    /// back.
    /// @param offset_ms the present base::clock_offset_ms()
    [[nodiscard]] bool is_trusted(std::int64_t offset_ms);

    /// Logs one line when the newest time in the log is more than an hour in the future. Later
    /// messages get the same time, so they are kept for longer than keep_ms.
    /// @param last_time_ms the newest time in the log
    /// @param keep_ms how long messages are kept
    void compare_with_log(std::uint64_t last_time_ms, std::uint64_t now_ms, std::uint64_t keep_ms);

  private:
    std::int64_t offset_ms_;
    Report report_;
    bool was_trusted_ = true;
    bool was_ahead_ = false;  ///< the log was ahead of the clock
};

}  // namespace belfry::store

#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace belfry::store {

/// Tells whether the wall clock can be trusted to say which messages are old. It cannot while it is
/// more than an hour away from where it would be if nobody had set it since the server began.
class ClockWatch {
  public:
    /// Prints one line for people.
    using Report = std::function<void(const std::string&)>;

    /// @param offset_ms base::clock_offset_ms() when the server began
    ClockWatch(std::int64_t offset_ms, Report report);

    /// Reports once that the clock has jumped, and once that it is back.
    /// @param offset_ms base::clock_offset_ms() of now
    [[nodiscard]] bool is_right(std::int64_t offset_ms);

    /// Reports once that the log has a time more than an hour above now. Later messages get that
    /// time too, so that none of them is deleted for its age before it has passed.
    /// @param last_time_ms of the log @param keep_ms how long messages are kept
    void compare_with_log(std::uint64_t last_time_ms, std::uint64_t now_ms, std::uint64_t keep_ms);

  private:
    std::int64_t offset_ms_;
    Report report_;
    bool was_right_ = true;
    bool was_ahead_ = false;  ///< the log, of the clock
};

}  // namespace belfry::store

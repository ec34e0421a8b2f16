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

    /// @param offset_ms shm::clock_offset_ms() when the server began
    ClockWatch(std::int64_t offset_ms, Report report);

    /// Reports once that the clock has jumped, and once that it is back.
    /// @param offset_ms shm::clock_offset_ms() of now
    [[nodiscard]] bool is_right(std::int64_t offset_ms);

  private:
    std::int64_t offset_ms_;
    Report report_;
    bool was_right_ = true;
};

}  // namespace belfry::store

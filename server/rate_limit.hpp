#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace belfry::server {

/// Limits log lines to one a second. For one thread.
class RateLimit {
  public:
    /// Counts an event.
    /// @return how many events were suppressed since the last line, or nothing if this one is too
    [[nodiscard]] std::optional<std::uint64_t> pass() noexcept {
        const auto now = std::chrono::steady_clock::now();
        if (now < next_) {
            ++untold_;
            return {};
        }
        next_ = now + std::chrono::seconds{1};
        return std::exchange(untold_, 0);
    }

    /// Returns ` (5 earlier ones not logged)`, or an empty text for 0.
    [[nodiscard]] static std::string text_for(std::uint64_t untold) {
        return untold == 0 ? "" : " (" + std::to_string(untold) + " earlier ones not logged)";
    }

  private:
    std::chrono::steady_clock::time_point next_;
    std::uint64_t untold_ = 0;
};

}  // namespace belfry::server

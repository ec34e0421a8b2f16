#pragma once

#include <chrono>
#include <cstdint>

namespace belfry::shm {

/// Unix time in milliseconds.
[[nodiscard]] inline std::uint64_t unix_ms() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace belfry::shm

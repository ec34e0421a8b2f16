#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::auth {

/// Returns the first 64 bits of the text's SHA-256, but never 0, which stands for "no text".
[[nodiscard]] std::uint64_t digest(std::string_view text) noexcept;

}  // namespace belfry::auth

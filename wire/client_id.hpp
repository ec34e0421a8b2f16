#pragma once

#include <string_view>

namespace belfry::wire {

/// Whether the text is a client-id: 1 to 32 of `A-Z a-z 0-9 _ . -`.
[[nodiscard]] bool is_client_id(std::string_view text) noexcept;

}  // namespace belfry::wire

#pragma once

#include <string_view>

namespace belfry::store {

/// Whether SQLite can hold the bytes as a text without changing them: UTF-8 without NUL.
[[nodiscard]] bool is_text(std::string_view bytes) noexcept;

}  // namespace belfry::store

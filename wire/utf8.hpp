#pragma once

#include <string>
#include <string_view>

/// Payloads as text.
namespace belfry::wire {

/// Whether the bytes are UTF-8. NUL is a character.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Appends text so that a terminal only shows it: every control character but tab and newline,
/// and every byte that is not UTF-8, becomes `?`.
void append_safely(std::string& out, std::string_view text);

/// The same as a text of its own.
[[nodiscard]] std::string safely(std::string_view text);

}  // namespace belfry::wire

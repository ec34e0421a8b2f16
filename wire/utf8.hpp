#pragma once

#include <string>
#include <string_view>

/// Payloads as text.
namespace belfry::wire {

/// Whether the bytes are UTF-8. NUL is a character.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Appends text so that a terminal only shows it, and reorders nothing but letters of scripts that
/// are written from right to left: every control character but tab and newline, every bidirectional
/// control and other invisible character but joiners and variation selectors, and every byte that
/// is not UTF-8, becomes `?`. Every program shows hostile text through this function.
void append_safely(std::string& out, std::string_view text);

/// The same as a text of its own.
[[nodiscard]] std::string safely(std::string_view text);

}  // namespace belfry::wire

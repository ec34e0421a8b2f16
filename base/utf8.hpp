#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Payloads as text.
namespace belfry::base {

/// Whether the bytes are UTF-8. NUL is a character.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Appends text so that a terminal only shows it, and reorders nothing but letters of scripts that
/// are written from right to left: every control character but tab and newline, every bidirectional
/// control and other invisible character but joiners and variation selectors, and every byte that
/// is not UTF-8, becomes `?`. Every program shows hostile text through this function.
void append_safely(std::string& out, std::string_view text);

/// The same as a text of its own.
[[nodiscard]] std::string safely(std::string_view text);

/// Whether SQLite can hold the bytes as a text without changing them: UTF-8 without NUL.
[[nodiscard]] bool is_text(std::string_view bytes) noexcept;

/// Where a text contains another one, from `from` on; `a` and `A` are alike, in ASCII alone.
[[nodiscard]] std::size_t find_text(std::string_view whole, std::string_view part,
                                    std::size_t from = 0) noexcept;

/// As wide characters. What is not valid is left out.
[[nodiscard]] std::wstring wide(std::string_view text);

/// Wide characters as UTF-8. What is not valid is left out.
[[nodiscard]] std::string narrow(std::wstring_view text);

}  // namespace belfry::base

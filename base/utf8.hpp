#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Bytes as text.
namespace belfry::base {

/// Tells whether the bytes are valid UTF-8. NUL counts as a character.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Appends text with `?` in place of everything that could control a terminal or mislead a reader:
/// - control characters, except tab and newline;
/// - invisible characters such as bidirectional controls, except joiners and variation selectors;
/// - bytes that are not UTF-8.
/// Every program shows untrusted text through this function.
void append_sanitized(std::string& out, std::string_view text);

/// Returns the text as append_sanitized() would append it.
[[nodiscard]] std::string sanitize(std::string_view text);

/// Tells whether SQLite can store the bytes as TEXT without changing them, that is, whether they
/// are UTF-8 without NUL.
[[nodiscard]] bool is_text(std::string_view bytes) noexcept;

/// Finds `part` in `whole` at or after the index `from`. ASCII letters match in either case.
/// @return the index of the match; npos if there is none
[[nodiscard]] std::size_t find_text(std::string_view whole, std::string_view part,
                                    std::size_t from = 0) noexcept;

/// Converts UTF-8 to wide characters. Invalid bytes are left out.
[[nodiscard]] std::wstring wide(std::string_view text);

/// Converts wide characters to UTF-8. Invalid characters are left out.
[[nodiscard]] std::string narrow(std::wstring_view text);

}  // namespace belfry::base

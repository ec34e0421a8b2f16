#pragma once

#include <string>
#include <string_view>

/// Text that others have written.
namespace belfry::cli {

/// Whether it is UTF-8 throughout.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Appends text so that a terminal only shows it: every control character but tab and newline,
/// and every byte that is not UTF-8, becomes `?`.
void append_safely(std::string& out, std::string_view text);

}  // namespace belfry::cli

#pragma once

#include <string_view>

namespace belfry::cli {

/// Writes `<program>: <text>` as one line to standard error, in one write, so that the lines of
/// several processes do not mix. Whatever the text holds can do nothing to a terminal. Any process,
/// any thread.
void complain(std::string_view program, std::string_view text) noexcept;

}  // namespace belfry::cli

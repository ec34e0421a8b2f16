#pragma once

#include <string_view>

namespace belfry::cli {

/// Writes `<program>: <text>` as one line to standard error, in one write, so that the lines of
/// several processes do not mix. Control characters in the text are replaced. Any process and any
/// thread may call it.
void warn(std::string_view program, std::string_view text) noexcept;

/// Flushes std::cout. Call it before the program exits with success.
/// @throws std::runtime_error with one line of text if not everything could be written
void finish_standard_output();

}  // namespace belfry::cli

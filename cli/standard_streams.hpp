#pragma once

#include <string_view>

namespace belfry::cli {

/// Writes `<program>: <text>` as one line to standard error, in one write, so that the lines of
/// several processes do not mix. Whatever the text holds can do nothing to a terminal. Any process,
/// any thread.
void warn(std::string_view program, std::string_view text) noexcept;

// What a program prints by std::cout.

/// Writes what is still in the buffer. Before the program ends with success.
/// @throws std::runtime_error where not everything could be written: one clear line
void finish_standard_output();

}  // namespace belfry::cli

#pragma once

#include <initializer_list>
#include <string_view>

namespace belfry::ctl {

/// From now on these signals end the process no more: they break off what waits, and is_to_end()
/// tells of them. By a command that goes on until it is told to end.
void take_end_signals(std::initializer_list<int> signals) noexcept;

/// Whether one of them has come.
[[nodiscard]] bool is_to_end() noexcept;

/// Writes to standard output, past std::cout, which goes on waiting for a reader that does not read
/// whatever signal comes.
/// @return false: an end signal has come, and nobody reads; a part may have been written
/// @throws std::runtime_error where it cannot be written
[[nodiscard]] bool write_lines(std::string_view lines);

}  // namespace belfry::ctl

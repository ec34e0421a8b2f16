#pragma once

#include <initializer_list>
#include <string_view>

/// Termination signals, and output that they can interrupt, for commands that run until they are
/// told to end.
namespace belfry::ctl {

/// Catches these signals from now on. They no longer kill the process, but interrupt system calls
/// that wait, and set the flag of is_termination_requested().
void catch_termination_signals(std::initializer_list<int> signals) noexcept;

/// Tells whether one of the signals has come.
[[nodiscard]] bool is_termination_requested() noexcept;

/// Writes lines to standard output, until a termination signal comes while the reader does not
/// read. It bypasses std::cout, which would go on waiting for the reader after a signal.
/// @return false if it stopped because of a signal; a part may have been written
/// @throws std::runtime_error if standard output cannot be written
[[nodiscard]] bool write_interruptibly(std::string_view lines);

}  // namespace belfry::ctl

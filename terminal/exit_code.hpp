#pragma once

/// What the program's exit status says. Ended by a signal it is 128 + its number.
namespace belfry::terminal::exit_code {

inline constexpr int done = 0;       ///< all sent and accepted
inline constexpr int io_failed = 1;  ///< standard input or output does not work
inline constexpr int usage = 2;
inline constexpr int login_refused = 3;
inline constexpr int no_connection = 4;
inline constexpr int timed_out = 5;
inline constexpr int not_accepted = 6;  ///< a line was not accepted
inline constexpr int taken_over = 7;    ///< by a later login of the same client-id

}  // namespace belfry::terminal::exit_code

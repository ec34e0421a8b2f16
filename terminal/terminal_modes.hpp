#pragma once

#include <string>

namespace belfry::terminal {

/// Remembers the modes of the terminal on standard input, and puts them back at the end, however
/// the program ends. One per process.
class TerminalModes {
  public:
    /// @param on written to standard output now
    /// @param off written when the modes are put back
    TerminalModes(const std::string& on, const std::string& off);
    TerminalModes(const TerminalModes&) = delete;
    TerminalModes& operator=(const TerminalModes&) = delete;
    ~TerminalModes();

    /// Writes `on` again: the program goes on after a restore().
    static void change() noexcept;

    /// Puts them back, where there is something to put back. Also for a signal's handler.
    static void restore() noexcept;
};

}  // namespace belfry::terminal

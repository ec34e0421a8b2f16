#pragma once

namespace belfry::terminal {

/// Remembers the modes of the terminal on standard input, and restores them at the end, however the
/// program ends. One per process.
class TerminalModes {
  public:
    /// @param marks_pastes whether the terminal puts pastes in brackets from now on
    explicit TerminalModes(bool marks_pastes);
    TerminalModes(const TerminalModes&) = delete;
    TerminalModes& operator=(const TerminalModes&) = delete;
    ~TerminalModes() { restore(); }

    /// Lets the terminal mark pastes again after a restore(): the program continues.
    static void change() noexcept;

    /// Restores them, if they have been changed. A signal handler may call it.
    static void restore() noexcept;
};

}  // namespace belfry::terminal

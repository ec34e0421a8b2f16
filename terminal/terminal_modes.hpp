#pragma once

namespace belfry::terminal {

/// Saves the modes of the terminal on standard input and restores them, however the program ends.
/// One per process.
class TerminalModes {
  public:
    /// @param marks_pastes whether the terminal can mark pastes; if so, it marks them from now on
    explicit TerminalModes(bool marks_pastes);
    TerminalModes(const TerminalModes&) = delete;
    TerminalModes& operator=(const TerminalModes&) = delete;
    ~TerminalModes() { restore(); }

    /// Lets the terminal mark pastes again. Call it after a restore() when the program continues.
    static void change() noexcept;

    /// Restores the modes if they have been changed. A signal handler may call it.
    static void restore() noexcept;
};

}  // namespace belfry::terminal

#pragma once

#include "base/unique_fd.hpp"

#include <optional>

namespace belfry::terminal {

/// Makes SIGINT and SIGTERM readable from a descriptor. The first signal asks the program to leave.
/// The second one restores the terminal's modes and ends the program at once, even if the loop
/// hangs. The class also makes the process ignore SIGPIPE. One per process.
class TerminationSignal {
  public:
    /// @param at_terminal whether a person types. Then SIGHUP asks the program to leave too, and
    /// SIGQUIT restores the terminal's modes before it ends the program.
    explicit TerminationSignal(bool at_terminal);

    /// Returns the descriptor, which is readable after a signal.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Returns the number of the signal; nothing before the first one.
    [[nodiscard]] static std::optional<int> number() noexcept;

    /// Forgets the signal, so that the next one counts as the first. The program calls it after a
    /// Ctrl-C that only clears the line or ends a search.
    void forget() const noexcept;

  private:
    int fd_;
};

/// Makes the signals of a terminal and its shell readable from a descriptor: a new size (SIGWINCH),
/// Ctrl-Z (SIGTSTP), and the continuation after a stop (SIGCONT). One per process.
class TerminalSignals {
  public:
    TerminalSignals();
    TerminalSignals(const TerminalSignals&) = delete;
    TerminalSignals& operator=(const TerminalSignals&) = delete;
    ~TerminalSignals();

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// The signals that have come.
    struct Came {
        bool resize = false;  ///< the terminal has, or may have, a new size
        bool stop = false;
    };

    /// Returns the signals that have come since the last call.
    [[nodiscard]] Came take() const;

    /// Stops the process as an unhandled SIGTSTP would. Returns after the process has been
    /// continued.
    static void stop();

  private:
    base::UniqueFd fd_;
};

}  // namespace belfry::terminal

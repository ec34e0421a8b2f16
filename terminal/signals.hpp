#pragma once

#include "base/unique_fd.hpp"

#include <optional>

namespace belfry::terminal {

/// SIGINT and SIGTERM as something to poll for. The first one asks the program to leave. The second
/// one ends it at once, even if the loop hangs, with the terminal as it was. One per process; it
/// also makes the process ignore SIGPIPE.
class TerminationSignal {
  public:
    /// @param at_terminal whether a person types: then SIGHUP, the end of the terminal, asks the
    /// program to leave as well, and SIGQUIT ends it at once
    explicit TerminationSignal(bool at_terminal);

    /// Readable after a signal.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// The number of the signal; none before there is one.
    [[nodiscard]] static std::optional<int> number() noexcept;

    /// Takes the signal back, because it was meant for the line: the next one is the first again.
    void forget() const noexcept;

  private:
    int fd_;
};

/// What a terminal and its shell tell a program beside the keys, as something to poll for: another
/// size (SIGWINCH), Ctrl-Z (SIGTSTP), and that it goes on (SIGCONT). One per process.
class TerminalSignals {
  public:
    TerminalSignals();
    TerminalSignals(const TerminalSignals&) = delete;
    TerminalSignals& operator=(const TerminalSignals&) = delete;
    ~TerminalSignals();

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    struct Came {
        bool resize = false;  ///< or it may have been resized
        bool stop = false;
    };

    /// What has come since the last call.
    [[nodiscard]] Came take() const;

    /// Stops the process, as SIGTSTP does by itself; returns when it goes on.
    static void stop();

  private:
    base::UniqueFd fd_;
};

}  // namespace belfry::terminal

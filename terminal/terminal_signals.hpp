#pragma once

#include "base/unique_fd.hpp"

namespace belfry::terminal {

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

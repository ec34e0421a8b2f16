#pragma once

#include <optional>

namespace belfry::terminal {

/// SIGINT and SIGTERM as something to poll for. The first one asks the program to leave; the
/// second one ends it on the spot, with the terminal as it was. One per process; SIGPIPE is ignored
/// from then on.
class StopSignal {
  public:
    /// @param at_terminal whether a person types: then SIGHUP, the end of the terminal, is another
    /// one, and SIGQUIT ends the program on the spot too
    explicit StopSignal(bool at_terminal);

    /// Readable when a signal has come.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// The number of the signal that has come.
    [[nodiscard]] static std::optional<int> number() noexcept;

    /// The signal that has come was meant otherwise: the next one is the first again.
    void forget() const noexcept;

  private:
    int fd_;
};

}  // namespace belfry::terminal

#pragma once

#include <optional>

namespace belfry::client {

/// SIGINT and SIGTERM as something to poll for. The first one asks the program to leave; the
/// second one ends it on the spot. One per process; SIGPIPE is ignored from then on.
class StopSignal {
  public:
    StopSignal();

    /// Readable when a signal has come.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// The number of the signal that has come.
    [[nodiscard]] static std::optional<int> number() noexcept;

  private:
    int fd_;
};

}  // namespace belfry::client

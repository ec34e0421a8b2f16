#pragma once

#include "base/unique_fd.hpp"

namespace belfry::server {

/// Receives SIGTERM in a session child through a descriptor. The signal stays blocked, so it
/// interrupts nothing, and the descriptor stays readable after it has come. A process has only one
/// such object.
class TerminationSignal {
  public:
    /// @throws std::system_error if no descriptor is left
    TerminationSignal();

    /// Returns a descriptor that is readable after SIGTERM has come.
    [[nodiscard]] int fd() const noexcept { return signals_.get(); }

    /// Tells whether SIGTERM has come.
    [[nodiscard]] bool came() const noexcept;

  private:
    base::UniqueFd signals_;
};

}  // namespace belfry::server

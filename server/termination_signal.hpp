#pragma once

#include "base/unique_fd.hpp"

namespace belfry::server {

/// SIGTERM in a session child, as a descriptor: it stays blocked, so it interrupts nothing, and
/// the descriptor stays readable once it has come. One per process.
class TerminationSignal {
  public:
    /// @throws std::system_error where no descriptor is left
    TerminationSignal();

    /// Readable when SIGTERM has come.
    [[nodiscard]] int fd() const noexcept { return signals_.get(); }

    /// Whether SIGTERM has come.
    [[nodiscard]] bool came() const noexcept;

  private:
    base::UniqueFd signals_;
};

}  // namespace belfry::server

#pragma once

#include "base/unique_fd.hpp"

namespace belfry {
inline namespace daemon {

/// The signals of a main process: SIGTERM and SIGINT end it, SIGHUP makes it reload, and SIGCHLD
/// tells that children have ended. They are blocked from the construction on, so that they
/// interrupt nothing, and are read from a descriptor. SIGPIPE is ignored. Children inherit all of
/// that.
class ServiceSignals {
  public:
    ServiceSignals() noexcept;

    /// Returns the descriptor that is readable when a signal has come; -1 if none was left.
    [[nodiscard]] int fd() const noexcept { return signals_.get(); }

    /// The signals that have come. Children may have ended in any case.
    struct Pending {
        bool reload = false;
        int termination = 0;  ///< SIGTERM or SIGINT; 0: neither
    };
    /// Reads the signals that are pending, without waiting.
    [[nodiscard]] Pending read() const noexcept;

  private:
    base::UniqueFd signals_;
};

}  // namespace daemon
}  // namespace belfry

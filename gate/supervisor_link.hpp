#pragma once

#include "base/unique_fd.hpp"

#include <ctime>
#include <string_view>

namespace belfry::gate {

/// The connection to the supervisor that has started the gate. The gate writes a line for each
/// report. The supervisor writes nothing, and the connection ends with it.
class SupervisorLink {
  public:
    explicit SupervisorLink(base::UniqueFd socket) noexcept : socket_{std::move(socket)} {}

    /// Reports that the gate accepts connections, with a certificate that expires then.
    void report_ready(std::time_t expires) const noexcept;

    /// Reports why the gate cannot start.
    void report_error(std::string_view text) const noexcept;

    /// Reports why the gate goes on with the certificate that it has.
    void report_kept(std::string_view text) const noexcept;

    /// Tells whether the supervisor has ended. Never waits.
    [[nodiscard]] bool has_ended() const noexcept;

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }

  private:
    void report(std::string_view word, std::string_view text) const noexcept;

    base::UniqueFd socket_;
};

}  // namespace belfry::gate

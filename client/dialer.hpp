#pragma once

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "client/destination.hpp"

#include <sys/socket.h>

#include <string>
#include <variant>
#include <vector>

namespace belfry::client {

/// Connects to a server: resolves its name, then tries its addresses one after the other, for at
/// most five seconds each. Only the resolution of a name blocks; an address needs none.
class Dialer {
  public:
    /// An address is being tried: poll fd() for POLLOUT until deadline().
    struct Pending {};
    /// The name has no address, or no address accepted the connection.
    struct Failed {
        std::string why;
    };
    /// A connected, non-blocking socket.
    using Result = std::variant<Pending, base::UniqueFd, Failed>;

    /// Which addresses may be tried.
    enum class Reach : unsigned char { anywhere, this_machine };

    /// Begins a new attempt.
    [[nodiscard]] Result start(const ServerAddress& server, Reach reach, base::TimePoint now);

    /// Continues the attempt. Call it when fd() is ready or the deadline has passed.
    [[nodiscard]] Result go_on(base::TimePoint now);

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }
    [[nodiscard]] base::TimePoint deadline() const noexcept { return deadline_; }

  private:
    struct Address {
        int family;
        sockaddr_storage bytes;
        socklen_t length;
    };

    [[nodiscard]] bool resolve(const ServerAddress& server);
    void keep_loopback();
    [[nodiscard]] Result try_next(base::TimePoint now);
    [[nodiscard]] int connect_to(const Address& address);
    [[nodiscard]] int error_of_attempt(base::TimePoint now) const;
    [[nodiscard]] base::UniqueFd connected();

    std::vector<Address> left_;  // the addresses still to be tried, in reverse order
    base::UniqueFd socket_;
    base::TimePoint deadline_;
    std::string why_;
};

}  // namespace belfry::client

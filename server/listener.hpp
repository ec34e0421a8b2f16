#pragma once

#include "base/endpoint.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace belfry::server {

/// A connection that was accepted. The peer is known even if the connection was reset since.
struct Accepted {
    base::UniqueFd socket;
    base::Endpoint peer = {};
};

/// A listening socket. Only the supervisor uses it, but the gate accepts connections at its own
/// ones. Each connection inherits the TCP options of its listening socket.
class Listener {
  public:
    /// @param address IPv4 or IPv6. @param port 0 lets the system choose
    /// @throws StartError that names address and port
    Listener(const std::string& address, std::uint16_t port);

    /// Accepts the next connection. Its socket is empty, with errno set, if there is none.
    [[nodiscard]] Accepted accept() const noexcept;

    void close() noexcept { socket_.reset(); }

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Returns address and port, as `127.0.0.1:5000` or `[::1]:5000`.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    base::UniqueFd socket_;
    std::string name_;
    std::uint16_t port_;
};

}  // namespace belfry::server

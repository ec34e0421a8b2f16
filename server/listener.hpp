#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace belfry::server {

/// The listening socket. By the supervisor alone.
class Listener {
  public:
    /// @param address IPv4 or IPv6, @param port 0: the system chooses
    /// @throws StartError that names address and port
    Listener(const std::string& address, std::uint16_t port);

    /// The next connection, ready for a session; empty: none is waiting, or errno says why not.
    [[nodiscard]] base::UniqueFd accept() const noexcept;

    void close() noexcept { socket_.reset(); }

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// `127.0.0.1:5000` or `[::1]:5000`.
    [[nodiscard]] std::string name() const;

  private:
    base::UniqueFd socket_;
    std::string address_;
    std::uint16_t port_ = 0;
};

}  // namespace belfry::server

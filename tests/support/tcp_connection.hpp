#pragma once

#include "base/unique_fd.hpp"

#include <netinet/in.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace belfry::test {

/// Returns a socket address of IPv4. @throws Failure if the text is no address
[[nodiscard]] sockaddr_in socket_address(const std::string& address, std::uint16_t port);

/// A connection to a server on 127.0.0.1. TlsConnection has the same functions for encrypted bytes.
class TcpConnection {
  public:
    /// @param receive_buffer how many bytes the kernel buffers for a client that does not read; 0
    /// for the default
    /// @param from the address that it connects from, one of 127.0.0.0/8: each of them is another
    /// source to the server
    explicit TcpConnection(std::uint16_t port, int receive_buffer = 0,
                           const std::string& from = "127.0.0.1");

    /// Takes over a connection.
    explicit TcpConnection(base::UniqueFd socket) : socket_{std::move(socket)} {}

    TcpConnection(const TcpConnection&) = delete;
    TcpConnection& operator=(const TcpConnection&) = delete;
    virtual ~TcpConnection() = default;

    [[nodiscard]] int fd() const { return socket_.get(); }

    /// Sends some of the bytes without waiting. @return as send(2), with errno
    [[nodiscard]] virtual ssize_t send(std::string_view bytes);

    /// Receives what is there without waiting. @return as recv(2), with errno
    [[nodiscard]] virtual ssize_t receive(char* buffer, std::size_t size);

    /// Ends what this side sends.
    virtual void shutdown_sending();

    /// Breaks the connection with a reset.
    void reset();

  private:
    base::UniqueFd socket_;
};

}  // namespace belfry::test

#pragma once

#include "base/unique_fd.hpp"
#include "bench/support/tls.hpp"
#include "bench/support/web_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace belfry::bench {

/// A blocking TCP connection to this machine, with or without TLS or WebSocket. It fails if the
/// peer is silent for long.
class Connection {
  public:
    /// Connects to the port.
    /// @throws test::Failure
    explicit Connection(std::uint16_t port);

    /// Connects to the port, and starts TLS unless `tls` is null.
    /// @throws test::Failure
    Connection(std::uint16_t port, const Tls* tls);

    /// Does the same from another address of this machine, which is in host byte order.
    Connection(std::uint16_t port, const Tls* tls, std::uint32_t source);

    /// Does the handshake of TLS. From now on all bytes are encrypted.
    /// @throws test::Failure
    void start_tls(const Tls& tls);

    /// Asks for a WebSocket. From now on all bytes are the data of its messages.
    /// @throws test::Failure
    void start_web_socket(const WebSocketTarget& target);

    /// Sends all bytes.
    /// @throws test::Failure, Interrupted
    void send(std::string_view bytes) const;

    /// Receives as many bytes as have come and fit, and waits for the first one. The returned view
    /// points into `buffer`.
    /// @throws test::Failure, also if the peer has closed the connection; Interrupted
    [[nodiscard]] std::string_view receive(std::span<char> buffer) const;

    /// Does the same without waiting. Returns an empty view if nothing has come. If the buffer is
    /// full, more may have come, of which epoll does not tell.
    [[nodiscard]] std::string_view receive_now(std::span<char> buffer) const;

    /// Lets receive() wait without a limit from now on.
    void wait_for_ever() const;

    /// Sends as much as is possible without waiting.
    /// @return the number of bytes
    [[nodiscard]] std::size_t send_now(std::string_view bytes) const;

    /// Discards what has come, up to `max_bytes`. Over plain TCP it is not even copied. If that
    /// many were discarded, more may have come, of which epoll does not tell.
    /// @return the number of bytes
    [[nodiscard]] std::size_t discard_now(std::size_t max_bytes) const;

    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    friend class Listener;
    explicit Connection(base::UniqueFd socket);
    void connect(std::uint16_t port) const;
    [[nodiscard]] bool has_layer() const { return tls_ || web_socket_; }
    void wait_for(short events) const;

    base::UniqueFd socket_;
    std::optional<TlsStream> tls_;
    std::unique_ptr<WebSocketStream> web_socket_;  ///< null: none
};

/// Listens on a free port of this machine.
class Listener {
  public:
    Listener();
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] Connection accept() const;

  private:
    base::UniqueFd socket_;
};

/// Returns a port that is free at this moment.
[[nodiscard]] std::uint16_t free_port();

}  // namespace belfry::bench

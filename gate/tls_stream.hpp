#pragma once

#include "gate/openssl.hpp"
#include "gate/stream_step.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace belfry::gate {

/// The server's end of a TLS connection. OpenSSL uses the socket itself, and Asio tells when the
/// socket is ready. The stream of Asio would copy all bytes through 68 KiB of further buffers.
class TlsStream {
  public:
    using Socket = boost::asio::ip::tcp::socket;

    /// @param socket does not wait
    TlsStream(Socket socket, SSL_CTX* context);

    /// Continues the handshake.
    [[nodiscard]] Step shake_hands() noexcept;

    /// Reads decrypted bytes. A connection that ends without close_notify counts as closed, since
    /// the native protocol has lengths of its own.
    [[nodiscard]] Step read(char* bytes, std::size_t size) noexcept;

    /// Encrypts and writes bytes. After must_read or must_write the same bytes must follow.
    [[nodiscard]] Step write(const char* bytes, std::size_t size) noexcept;

    /// Sends close_notify. The client may go on sending.
    [[nodiscard]] Step close() noexcept;

    /// Tells whether read() must be called again before wait(): it has filled its buffer, or met
    /// the end of the stream after the bytes that it returned, which the socket does not tell
    /// again.
    [[nodiscard]] bool has_more() const noexcept { return has_more_; }

    /// Calls the handler with an error code when the socket is ready for what the outcome says.
    template <class Handler>
    void wait(Outcome outcome, Handler handler) {
        socket_.async_wait(outcome == Outcome::must_read ? Socket::wait_read : Socket::wait_write,
                           std::move(handler));
    }

    [[nodiscard]] SSL* tls() noexcept { return tls_.get(); }
    [[nodiscard]] Socket& socket() noexcept { return socket_; }

  private:
    [[nodiscard]] Step step_after(int result) noexcept;
    void set_cork(int on) noexcept;

    Socket socket_;
    UniqueSsl tls_;
    bool has_more_ = false;
    std::optional<Outcome> end_;  ///< how the bytes of the client have ended
};

}  // namespace belfry::gate

#pragma once

#include "tests/support/certificates.hpp"

#include <cstddef>
#include <memory>
#include <openssl/types.h>
#include <span>
#include <string_view>

namespace belfry::bench {

/// The suffix of the names of servers and figures in tables if clients use TLS.
inline constexpr const char* over_tls = " over TLS";

/// The things that servers and clients need for TLS: a certificate for `localhost` with a key on
/// the curve P-256, and the settings of all clients. They accept TLS 1.3 with
/// TLS_AES_128_GCM_SHA256 only, and verify the certificate.
class Tls {
  public:
    /// The name of the protocol and the cipher, for tables.
    static constexpr std::string_view name = "TLS 1.3, TLS_AES_128_GCM_SHA256, P-256";

    Tls();

    [[nodiscard]] const test::KeyPair& server() const { return server_; }
    [[nodiscard]] SSL_CTX* clients() const { return clients_.get(); }

  private:
    struct Free {
        void operator()(SSL_CTX* context) const;
    };
    test::Certificates certificates_;
    test::KeyPair server_;
    std::unique_ptr<SSL_CTX, Free> clients_;
};

/// The client's end of TLS on a connected socket.
class TlsStream {
  public:
    /// Does the handshake, and makes the socket non-blocking.
    /// @throws test::Failure
    TlsStream(const Tls& tls, int socket);

    /// Decrypts everything that has come and fits, without waiting. Some may be left only if the
    /// buffer is full; epoll does not tell of it.
    /// @return the number of bytes
    /// @throws test::Failure, also if the peer has closed the connection
    [[nodiscard]] std::size_t read_now(std::span<char> buffer) const;

    /// Decrypts and discards what has come, up to `max_bytes`, in the same way.
    [[nodiscard]] std::size_t discard_now(std::size_t max_bytes) const;

    /// Encrypts and sends as much as is possible without waiting. The next call must begin with the
    /// bytes that were not taken.
    /// @return the number of bytes
    [[nodiscard]] std::size_t write_now(std::string_view bytes) const;

  private:
    struct Free {
        void operator()(SSL* ssl) const;
    };
    std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace belfry::bench

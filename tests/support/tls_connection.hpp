#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/tcp_connection.hpp"

#include <filesystem>
#include <memory>
#include <openssl/ssl.h>
#include <optional>
#include <string>

namespace belfry::test {

/// How a test connects by TLS.
struct TlsOptions {
    std::filesystem::path authority;   ///< must have signed the server's certificate
    std::optional<KeyPair> own = {};   ///< the client's certificate
    std::string name = "localhost";    ///< must be in the server's certificate
    int max_version = TLS1_3_VERSION;  ///< the highest version of TLS
    std::string from = "127.0.0.1";    ///< the address that it connects from, see TcpConnection
    std::string protocols = {};        ///< offered by ALPN, each behind its length
};

/// A handshake has failed. The message has OpenSSL's reason.
class HandshakeFailed : public Disconnected {
  public:
    using Disconnected::Disconnected;
};

/// A connection that is encrypted by TLS.
class TlsConnection final : public TcpConnection {
  public:
    /// Connects, and completes the handshake.
    /// @throws HandshakeFailed
    TlsConnection(std::uint16_t port, const TlsOptions& options, int receive_buffer = 0);

    [[nodiscard]] ssize_t send(std::string_view bytes) override;
    /// Returns 0 only after close_notify. The end of TCP without it counts as a reset.
    [[nodiscard]] ssize_t receive(char* buffer, std::size_t size) override;
    /// Sends close_notify.
    void shutdown_sending() override;

    /// Returns what OpenSSL knows of the connection.
    [[nodiscard]] SSL* tls() const { return tls_.get(); }

  private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
        void operator()(SSL* tls) const noexcept { ::SSL_free(tls); }
    };

    void shake_hands();
    [[nodiscard]] ssize_t result_of(int result) const;

    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> tls_;
};

}  // namespace belfry::test

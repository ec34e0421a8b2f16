#pragma once

#include "gate/openssl.hpp"
#include "gate/pem_file.hpp"

#include <ctime>
#include <filesystem>
#include <optional>

namespace belfry::gate {

/// The files with what proves who the server is, and who its clients are. All are PEM.
struct CredentialFiles {
    std::filesystem::path certificate;  ///< the server's, and those of the authorities above it
    std::filesystem::path key;
    /// Authorities that sign certificates of clients. Empty: clients are not asked for any.
    std::optional<std::filesystem::path> client_authorities = {};
    std::optional<std::filesystem::path> client_revocations = {};
};

/// The certificate and the key of the server, and the settings of its TLS connections. The key is
/// apart from the settings, so that a relay can destroy it and go on with its connection.
class Credentials {
  public:
    /// Loads and checks the files, and completes one handshake in memory with them. That also
    /// brings what OpenSSL prepares at its first handshake into memory, which relays then share.
    /// @throws CredentialsError
    explicit Credentials(const CredentialFiles& files);

    /// Returns the settings of connections, with the certificate but without the key.
    [[nodiscard]] SSL_CTX* context() const noexcept { return context_.get(); }

    /// Returns when the certificate expires.
    [[nodiscard]] std::time_t expires() const noexcept { return expires_; }

    /// Gives the key to a connection for its handshake. @throws CredentialsError
    void give_key(SSL* connection) const;

    /// Destroys the key in this process: that of the connection, and this one.
    void forget_key(SSL* connection) noexcept;

    /// Destroys the key in this process, in which no connection has it.
    void forget_key() noexcept;

    /// Returns the certificate of the server.
    [[nodiscard]] X509* certificate() const noexcept {
        return ::SSL_CTX_get0_certificate(context_.get());
    }

  private:
    UniqueContext context_;
    UniqueKey key_;
    std::time_t expires_ = 0;
};

}  // namespace belfry::gate

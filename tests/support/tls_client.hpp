#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/raw_client.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace belfry::test {

/// A TLS connection to 127.0.0.1, made by the program `openssl s_client`, which knows nothing of
/// Belfry. It refuses a certificate that the authority has not signed for this address. What it
/// decrypts and encrypts is read and written through a RawClient.
class TlsClient {
  public:
    struct Options {
        std::uint16_t port;
        std::filesystem::path authority;
        std::optional<KeyPair> certificate = std::nullopt;  ///< the client's own
    };

    explicit TlsClient(const Options& options);
    TlsClient(TlsClient&& other) noexcept;
    TlsClient& operator=(TlsClient&&) = delete;
    ~TlsClient();

    RawClient* operator->() { return &client_; }
    RawClient& operator*() { return client_; }

  private:
    RawClient client_;
    pid_t openssl_;
};

}  // namespace belfry::test

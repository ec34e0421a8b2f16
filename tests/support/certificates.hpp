#pragma once

#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// A certificate and its key, in PEM files.
struct KeyPair {
    std::filesystem::path certificate;
    std::filesystem::path key;  ///< with mode 0600
};

/// An authority that signs certificates for tests, made with the command openssl. The files are
/// removed with the object.
class Certificates {
  public:
    Certificates();

    /// Returns the authority's own certificate, which a client trusts with `--tls-ca`.
    [[nodiscard]] const std::filesystem::path& authority() const { return authority_.certificate; }

    /// Signs a certificate for a server that is reached as `localhost`, 127.0.0.1 or ::1.
    /// @param name names its files
    /// @param days how long it is valid; a negative number makes one that has expired
    [[nodiscard]] KeyPair server(std::string_view name = "server", int days = 30) const;

    /// Signs a certificate for a server whose key is one of RSA, and not of P-256.
    [[nodiscard]] KeyPair server_with_rsa(std::string_view name) const;

    /// Signs a certificate for a client.
    /// @param common_name its client-id, which also names its files
    /// @param lifetime until it expires
    [[nodiscard]] KeyPair client(std::string_view common_name,
                                 std::chrono::seconds lifetime = std::chrono::hours{30 * 24}) const;

    /// Makes a certificate for a server that nobody else has signed.
    [[nodiscard]] KeyPair self_signed(std::string_view name) const;

    /// Revokes a certificate. @return a list of all revoked ones, for `--tls-client-crl`
    [[nodiscard]] std::filesystem::path revoke(const KeyPair& revoked) const;

  private:
    static const std::vector<std::string> p256;

    [[nodiscard]] KeyPair sign(std::string_view name, const std::string& subject,
                               const std::string& extensions, std::chrono::seconds lifetime,
                               const std::vector<std::string>& new_key = p256) const;

    TempDir dir_;
    KeyPair authority_;
};

}  // namespace belfry::test

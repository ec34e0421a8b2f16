#pragma once

#include "gate/openssl.hpp"

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace belfry::gate {

/// A file cannot be used. The message is one line that names the file.
class CredentialsError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The contents of a PEM file. The destructor overwrites them, because they may be a key.
class PemFile {
  public:
    enum class Access { any, private_to_group };

    /// Reads the file. Symbolic links are followed, because programs that renew certificates use
    /// them.
    /// @param access private_to_group refuses a file that others than owner and group may read
    /// @throws CredentialsError
    explicit PemFile(std::filesystem::path path, Access access = Access::any);
    PemFile(const PemFile&) = delete;
    PemFile& operator=(const PemFile&) = delete;
    ~PemFile();

    /// Reads all certificates of the file; at least one. @throws CredentialsError
    [[nodiscard]] std::vector<UniqueCertificate> certificates() const;

    /// Reads all lists of revoked certificates; at least one. @throws CredentialsError
    [[nodiscard]] std::vector<UniqueRevocations> revocations() const;

    /// Reads the key, which must not be encrypted. @throws CredentialsError
    [[nodiscard]] UniqueKey key() const;

    /// Returns the error that the file cannot be used.
    [[nodiscard]] CredentialsError error(const std::string& reason) const;

  private:
    std::filesystem::path path_;
    std::vector<char> contents_;
};

}  // namespace belfry::gate

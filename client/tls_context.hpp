#pragma once

#include "belfry/client.hpp"

#include <memory>
#include <stdexcept>
#include <string>

struct ssl_ctx_st;

namespace belfry::client {

/// A file for TLS cannot be used. The text names the file and says what is wrong.
class TlsFileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What all TLS sessions of a client share. TLS 1.2 is the oldest version, and the security level
/// is 2.
class TlsContext {
  public:
    /// Loads the files. @throws TlsFileError
    explicit TlsContext(const Tls& options);

    [[nodiscard]] ssl_ctx_st* get() const noexcept { return context_.get(); }

    /// Returns the name or address that the certificate of this host must have.
    [[nodiscard]] const std::string& name_for(const std::string& host) const noexcept {
        return name_.empty() ? host : name_;
    }

  private:
    struct Free {
        void operator()(ssl_ctx_st* context) const noexcept;
    };

    std::string name_;
    std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace belfry::client

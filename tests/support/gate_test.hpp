#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/tls_connection.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace belfry::test {

/// Tests that share an authority and the certificate of a server, because making them takes long.
class GateTest : public testing::Test {
  public:
    static void SetUpTestSuite() {
        certificates_.emplace();
        server_ = certificates_->server();
    }
    static void TearDownTestSuite() { certificates_.reset(); }

  protected:
    [[nodiscard]] static const Certificates& certificates() { return *certificates_; }
    [[nodiscard]] static const KeyPair& server() { return server_; }

    /// Returns how a client connects that trusts the authority.
    [[nodiscard]] static TlsOptions tls() { return {.authority = certificates_->authority()}; }

  private:
    static inline std::optional<Certificates> certificates_;
    static inline KeyPair server_;
};

}  // namespace belfry::test

#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/certificates.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

struct ssl_ctx_st;

namespace belfry::test {

/// A TLS server in front of a plain one, on 127.0.0.1. It runs in threads of the test program, and
/// can do to a client what belfry-gate never does.
class TlsFront {
  public:
    struct Options {
        KeyPair certificate;
        std::uint16_t behind;                         ///< the port of the plain server
        std::filesystem::path client_authority = {};  ///< clients need a certificate of it
        int newest_version = 0;                       ///< such as TLS1_2_VERSION; 0: the newest
        std::size_t write_size = 65536;               ///< how many bytes of TLS it writes at once
    };

    explicit TlsFront(const Options& options);
    TlsFront(const TlsFront&) = delete;
    TlsFront& operator=(const TlsFront&) = delete;
    ~TlsFront();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Ends all connections by a reset, without the end that TLS requires.
    void cut();

    /// Returns how many handshakes have succeeded.
    [[nodiscard]] int handshakes() const { return handshakes_; }

    /// Returns how many clients have reset their connection, without the end that TLS requires.
    [[nodiscard]] int resets() const { return resets_; }

    /// Returns the common name in the newest client's certificate; empty if it had none.
    [[nodiscard]] std::string last_client() const;

    /// Returns the name that the newest client asked for (SNI); empty if none.
    [[nodiscard]] std::string last_name() const;

  private:
    void accept();
    void serve(base::UniqueFd client);

    Options options_;
    ssl_ctx_st* context_;
    base::UniqueFd listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> handshakes_ = 0;
    std::atomic<int> resets_ = 0;
    mutable std::mutex mutex_;  // guards the members below
    std::set<int> clients_;
    std::vector<std::thread> threads_;
    std::string last_client_;
    std::string last_name_;
    bool is_ending_ = false;
    std::thread acceptor_;
};

}  // namespace belfry::test

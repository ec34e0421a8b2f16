#pragma once

#include "client/loss.hpp"
#include "client/tls_context.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace belfry::client {

/// The client's end of one TLS connection. It turns bytes into encrypted bytes and back, and uses
/// no socket, so that no call waits. The first call of read() with bytes of the server verifies the
/// server's certificate; nothing is encrypted before.
class TlsSession {
  public:
    /// Begins the handshake: its first bytes are in encrypted().
    /// @param context must outlive the session
    /// @param host the name or address by which the server was reached
    /// @throws std::bad_alloc
    TlsSession(const TlsContext& context, const std::string& host);

    /// Tells whether the handshake is done and the certificate fits.
    [[nodiscard]] bool is_established() const noexcept;

    /// Takes bytes that the server has sent. Call read() afterwards.
    void receive(std::string_view bytes);

    /// Decrypts into the room. @return how many bytes; 0: no more for now, or loss()
    [[nodiscard]] std::size_t read(std::span<char> room);

    /// Encrypts bytes. Requires is_established().
    void write(std::string_view bytes);

    /// Tells the server that nothing more will be written.
    void close();

    /// Returns the bytes to be sent to the server. The caller removes what it has sent.
    [[nodiscard]] std::string& encrypted() noexcept { return encrypted_; }
    [[nodiscard]] const std::string& encrypted() const noexcept { return encrypted_; }

    /// Returns why nothing more can be read; nothing while the session works.
    [[nodiscard]] const std::optional<Loss>& loss() const noexcept { return loss_; }

  private:
    struct Free {
        void operator()(ssl_st* session) const noexcept;
    };

    void collect_encrypted();
    void note_failure(int result);
    [[nodiscard]] Loss loss_by_error() const;

    std::string name_;
    std::unique_ptr<ssl_st, Free> session_;
    std::string encrypted_;
    bool has_received_ = false;
    std::optional<Loss> loss_;
};

}  // namespace belfry::client

#pragma once

#include "base/unique_fd.hpp"
#include "client/loss.hpp"
#include "client/tls_session.hpp"

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::client {

/// A connected socket with its buffers for input and output. With a TLS session, the buffers hold
/// what is before encryption and after decryption. No call blocks.
class Socket {
  public:
    /// @param socket a connected, non-blocking socket
    /// @param tls nothing: the bytes are sent as they are
    explicit Socket(base::UniqueFd socket, std::optional<TlsSession> tls = std::nullopt)
        : socket_{std::move(socket)}, tls_{std::move(tls)} {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Tells the server that the connection ends, if it can be told now, and closes it, unless
    /// set_reset() says otherwise. The bytes of out() are overwritten. A forked child tells
    /// nothing, because the parent goes on.
    ~Socket();

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }

    /// Tells whether bytes can be sent and received: false until a TLS handshake is done.
    [[nodiscard]] bool is_established() const noexcept { return !tls_ || tls_->is_established(); }

    /// Reads once. @return false: the connection has ended, and loss() tells the reason
    [[nodiscard]] bool receive();
    [[nodiscard]] const Loss& loss() const noexcept { return loss_; }

    /// Tells whether no byte has come yet.
    [[nodiscard]] bool is_silent() const noexcept { return is_silent_; }

    /// Returns the bytes that were received and not consumed.
    [[nodiscard]] std::string_view unread() const noexcept {
        return {in_.data() + in_begin_, in_end_ - in_begin_};
    }
    /// Drops bytes from the front of unread().
    void consume(std::size_t count) noexcept;

    /// Returns the buffer of bytes to be sent. Callers append to it, at most a few hundred KiB at
    /// once, and only if is_established().
    [[nodiscard]] std::string& out() noexcept { return out_; }

    /// Chooses whether the end of this object, or of the process, resets the connection. After a
    /// reset the server does not act on what it has not read yet.
    void set_reset(bool is_reset);

    /// Tells whether bytes wait to be sent.
    [[nodiscard]] bool has_unsent() const noexcept {
        return !out_.empty() || (tls_ && !tls_->encrypted().empty());
    }

    /// Overwrites what is left of sent bytes in memory. Call it after a secret has been sent.
    void wipe_sent();

    /// Sends as much as the kernel takes now. If the connection has ended, the buffer is emptied,
    /// and receive() reports the end after the last bytes of the server.
    void send();

  private:
    [[nodiscard]] std::optional<std::size_t> receive_into(std::span<char> room);
    [[nodiscard]] bool decrypt(std::string_view bytes);
    [[nodiscard]] bool send_all(std::string& bytes) const;
    void make_room();

    base::UniqueFd socket_;
    pid_t owner_ = ::getpid();
    std::optional<TlsSession> tls_;
    std::vector<char> in_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::string out_;
    bool is_silent_ = true;
    bool is_reset_ = false;
    Loss loss_;
};

}  // namespace belfry::client

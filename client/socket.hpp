#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::client {

/// A connected socket with its buffers for input and output. No call blocks.
class Socket {
  public:
    /// @param socket a connected, non-blocking socket
    explicit Socket(base::UniqueFd socket) : socket_{std::move(socket)} {}

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }

    /// Reads once. @return false: the connection has ended, and why() tells the reason
    [[nodiscard]] bool receive();
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

    /// Returns the bytes that were received and not consumed.
    [[nodiscard]] std::string_view unread() const noexcept {
        return {in_.data() + in_begin_, in_end_ - in_begin_};
    }
    /// Drops bytes from the front of unread().
    void consume(std::size_t count) noexcept;

    /// Returns the buffer of bytes to be sent. Callers append to it, at most a few hundred KiB at
    /// once.
    [[nodiscard]] std::string& out() noexcept { return out_; }

    /// Tells whether bytes wait to be sent.
    [[nodiscard]] bool has_unsent() const noexcept { return !out_.empty(); }

    /// Sends as much as the kernel takes now. If the connection has ended, the buffer is emptied,
    /// and receive() reports the end after the last bytes of the server.
    void send();

  private:
    void make_room();
    bool ended(std::string_view why);

    base::UniqueFd socket_;
    std::vector<char> in_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::string out_;
    std::string why_;
};

}  // namespace belfry::client

#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::client {

/// A connected socket, and its bytes on their way in and out. Never waits.
class Socket {
  public:
    /// @param socket connected, non-blocking
    explicit Socket(base::UniqueFd socket) : socket_{std::move(socket)} {}

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }

    /// Reads once. @return false: the connection has ended, and why() says how
    [[nodiscard]] bool receive();
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

    /// The bytes that have been received and not been consumed.
    [[nodiscard]] std::string_view unread() const noexcept {
        return {in_.data() + in_begin_, in_end_ - in_begin_};
    }
    void consume(std::size_t count) noexcept;

    /// Append here what is to be sent: at most a few hundred KiB at once.
    [[nodiscard]] std::string& out() noexcept { return out_; }

    /// Whether bytes wait to be sent.
    [[nodiscard]] bool has_unsent() const noexcept { return !out_.empty(); }

    /// Sends as much as the kernel takes now. If the connection has ended, everything is dropped:
    /// receive() reports the end, after the last bytes of the server.
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

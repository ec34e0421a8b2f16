#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::client {

/// A connection with its bytes on their way in and out. Never waits.
class Connection {
  public:
    /// @param socket connected, non-blocking
    explicit Connection(base::UniqueFd socket) : socket_{std::move(socket)} {}

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }

    /// Reads once. False: the connection has ended, and why() says how.
    [[nodiscard]] bool receive();
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

    /// What has been received and not been consumed.
    [[nodiscard]] std::string_view unread() const noexcept {
        return {in_.data() + in_begin_, in_end_ - in_begin_};
    }
    void consume(std::size_t count) noexcept;

    /// To be appended to; at most a few hundred KiB at once.
    [[nodiscard]] std::string& out() noexcept { return out_; }

    /// Whether something waits to be sent.
    [[nodiscard]] bool has_unsent() const noexcept { return !out_.empty(); }

    /// Sends what the connection takes at present. Where it has ended everything is dropped:
    /// receive() tells, behind what the server said last.
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

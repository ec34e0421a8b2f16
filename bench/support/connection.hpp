#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace belfry::bench {

/// A blocking TCP connection to this machine. It fails if the peer is silent for long.
class Connection {
  public:
    /// Connects to the port.
    /// @throws test::Failure
    explicit Connection(std::uint16_t port);

    /// Sends all bytes.
    /// @throws test::Failure, Interrupted
    void send(std::string_view bytes) const;

    /// Receives as many bytes as have come and fit, and waits for the first one. The returned view
    /// points into `buffer`.
    /// @throws test::Failure, also if the peer has closed the connection; Interrupted
    [[nodiscard]] std::string_view receive(std::span<char> buffer) const;

    /// Does the same without waiting. Returns an empty view if nothing has come.
    [[nodiscard]] std::string_view receive_now(std::span<char> buffer) const;

    /// Lets receive() wait without a limit from now on.
    void wait_for_ever() const;

    /// Sends as much as is possible without waiting.
    /// @return the number of bytes
    [[nodiscard]] std::size_t send_now(std::string_view bytes) const;

    /// Discards what has come, up to `max_bytes`, without copying it.
    /// @return the number of bytes
    [[nodiscard]] std::size_t discard_now(std::size_t max_bytes) const;

    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    friend class Listener;
    explicit Connection(base::UniqueFd socket);

    base::UniqueFd socket_;
};

/// Listens on a free port of this machine.
class Listener {
  public:
    Listener();
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] Connection accept() const;

  private:
    base::UniqueFd socket_;
};

/// Returns a port that is free at this moment.
[[nodiscard]] std::uint16_t free_port();

}  // namespace belfry::bench

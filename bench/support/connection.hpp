#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace belfry::bench {

/// A blocking TCP connection to this machine. A peer that is silent for long is a failure.
class Connection {
  public:
    /// @throws test::Failure
    explicit Connection(std::uint16_t port);

    /// Writes all of it. @throws test::Failure, Interrupted
    void send(std::string_view bytes) const;

    /// What has come, as far as it fits; waits for the first byte. The view points into `buffer`.
    /// @throws test::Failure, also where the peer has closed; Interrupted
    [[nodiscard]] std::string_view receive(std::span<char> buffer) const;

    /// The same without waiting; empty where nothing has come.
    [[nodiscard]] std::string_view receive_now(std::span<char> buffer) const;

    /// Waits for ever from now on, instead of taking silence for a failure.
    void wait_for_ever() const;

    /// Sends what can be sent at once. @return bytes
    [[nodiscard]] std::size_t send_now(std::string_view bytes) const;

    /// Throws away what has come, at most so much, without copying it. @return bytes
    [[nodiscard]] std::size_t discard_now(std::size_t most) const;

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

/// A port that is free at this moment.
[[nodiscard]] std::uint16_t free_port();

}  // namespace belfry::bench

#pragma once

#include "tests/support/fd.hpp"

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

    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    test::Fd socket_;
};

/// A port that is free at this moment.
[[nodiscard]] std::uint16_t free_port();

}  // namespace belfry::bench

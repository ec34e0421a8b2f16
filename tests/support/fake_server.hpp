#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/deadline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test {

/// One connection of a FakeServer. The test plays the server line by line. Where something does
/// not come in time or is not as expected it throws Failure.
class FakeSession {
  public:
    explicit FakeSession(base::UniqueFd socket) : socket_{std::move(socket)} {}

    void say(std::string_view bytes);

    /// The next line, without its ending.
    [[nodiscard]] std::string line();

    /// The next line is this one.
    void expect(std::string_view line);

    /// `SEND <seq>` with this payload comes next.
    void expect_send(std::uint64_t seq, std::string_view payload);

    /// A login comes next; answers it. `seq` is the highest one accepted, `cursor` what has been
    /// acknowledged, `more` further options.
    void let_in(std::uint64_t seq = 0, std::uint64_t cursor = 0,
                std::string_view more = "epoch=a1 max-payload=65536");

    /// QUIT comes next; answers it and closes.
    void let_go();

    /// The client closes, and nothing came before.
    void expect_closed();

    void close() { socket_.reset(); }

    /// Closes so that the client gets a reset.
    void reset();

    /// Whether nothing comes for a while. Proves little where it is true: use it only beside a
    /// positive check.
    [[nodiscard]] bool is_silent(Milliseconds during);

  private:
    [[nodiscard]] bool receive(int timeout_ms);
    [[nodiscard]] std::string bytes(std::size_t count);
    void receive_or_fail(const Deadline& deadline, std::string_view wanted);

    base::UniqueFd socket_;
    std::string unread_;
    bool ended_ = false;
};

/// A listening socket on a port that the system chose.
class FakeServer {
  public:
    FakeServer();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// The next connection.
    [[nodiscard]] FakeSession accept(Milliseconds within = default_wait);

    /// Refuses connections from now on.
    void stop_listening() { listener_.reset(); }

    /// Accepts them again, on the same port.
    void listen_again();

  private:
    void listen();

    base::UniqueFd listener_;
    std::uint16_t port_ = 0;
};

}  // namespace belfry::test

#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/deadline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test {

/// One connection of a FakeServer. The test acts as the server, line by line. Functions throw
/// Failure if something does not arrive in time or is not as expected.
class FakeSession {
  public:
    explicit FakeSession(base::UniqueFd socket) : socket_{std::move(socket)} {}

    void say(std::string_view bytes);

    /// Reads the next line, without its line end.
    [[nodiscard]] std::string line();

    /// Expects that the next line is this one.
    void expect(std::string_view line);

    /// Expects `SEND <seq>` with this payload.
    void expect_send(std::uint64_t seq, std::string_view payload);

    /// Expects a login and answers it. `seq` is the highest accepted seq, `cursor` the last
    /// acknowledged id, and `more` holds further options.
    void let_in(std::uint64_t seq = 0, std::uint64_t cursor = 0,
                std::string_view more = "epoch=a1 max-payload=65536");

    /// Expects QUIT, answers it and closes the connection.
    void let_go();

    /// Expects that the client closes the connection without sending anything.
    void expect_closed();

    /// Waits until the client ends the connection. @return true: by a reset
    [[nodiscard]] bool is_reset();

    void close() { socket_.reset(); }

    /// Closes the connection so that the client gets a reset.
    void reset();

    /// True if nothing arrives for this time. That proves little, so use it only together with a
    /// positive check.
    [[nodiscard]] bool is_silent(Milliseconds during);

  private:
    [[nodiscard]] bool receive(int timeout_ms);
    [[nodiscard]] std::string bytes(std::size_t count);
    void receive_or_fail(const Deadline& deadline, std::string_view wanted);

    base::UniqueFd socket_;
    std::string unread_;
    bool ended_ = false;
    bool is_reset_ = false;
};

/// A listening socket on a port that the system chose.
class FakeServer {
  public:
    FakeServer();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Waits for the next connection.
    [[nodiscard]] FakeSession accept(Milliseconds within = default_wait);

    /// Takes the next connection. @return empty: none waits
    [[nodiscard]] base::UniqueFd take_connection();

    /// Refuses further connections.
    void stop_listening() { listener_.reset(); }

    /// Accepts connections again, on the same port.
    void listen_again();

  private:
    void listen();
    [[nodiscard]] bool is_called(int timeout_ms) const;

    base::UniqueFd listener_;
    std::uint16_t port_ = 0;
};

}  // namespace belfry::test

#pragma once

#include "bench/support/connection.hpp"
#include "bench/support/transport.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// A server that delivers the messages of one publisher to many subscribers, with the client's side
/// of its protocol. The number of bytes that a subscriber receives is known beforehand, so
/// deliveries are counted without parsing them.
class Peer {
  public:
    explicit Peer(Transport transport = {}) : transport_{transport} {}
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;

    /// Returns the name for tables, such as `Redis over TLS`.
    [[nodiscard]] std::string name() const {
        return std::string{server_name()}.append(transport_.suffix());
    }

    [[nodiscard]] virtual std::uint16_t port() const = 0;

    /// Returns the leader of the process session to which all processes of the server belong.
    [[nodiscard]] virtual pid_t leader() const = 0;

    /// Connects a new client. Its handshake is done.
    [[nodiscard]] virtual Connection connect() const {
        Connection connection{port(), transport_.tls};
        if (transport_.is_web_socket) connection.start_web_socket(web_socket_target());
        return connection;
    }

    /// Makes a new connection a subscriber. After it has returned, the connection receives
    /// everything that is published from then on, and nothing else.
    virtual void subscribe(const Connection& connection, std::size_t index) = 0;

    /// Makes a new connection the publisher.
    virtual void introduce(const Connection& connection) = 0;

    /// Waits for the lines that the server sends unasked some time after a connection starts, and
    /// handles them, so that they do not come between the messages later.
    virtual void settle(const Connection& /*connection*/) {}

    /// Appends `count` messages to the output of the publisher.
    /// @return how many bytes each subscriber will receive for them
    virtual std::uint64_t print(std::string& out, std::uint64_t count,
                                std::string_view payload) = 0;

    /// Reads the answers of the server.
    /// @param bytes the bytes that the server has sent to the publisher, in any pieces
    /// @return how many messages are answered
    /// @throws test::Failure if they are not as expected
    virtual std::uint64_t answered(std::string_view bytes) = 0;

    /// Returns how many messages may be unanswered if the user has asked for `asked`.
    [[nodiscard]] virtual std::uint64_t window(std::uint64_t asked) const { return asked; }

    /// Returns how many messages a run has if `usual` are enough for a second of a usual server.
    [[nodiscard]] virtual std::uint64_t messages_of_a_run(std::uint64_t usual) const {
        return usual;
    }

  protected:
    [[nodiscard]] const Transport& transport() const { return transport_; }
    [[nodiscard]] virtual WebSocketTarget web_socket_target() const { return {}; }

  private:
    [[nodiscard]] virtual std::string_view server_name() const = 0;

    Transport transport_;
};

}  // namespace belfry::bench

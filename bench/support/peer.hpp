#pragma once

#include "bench/support/connection.hpp"

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
    /// @param tls outlives the peer; null: without TLS
    explicit Peer(const Tls* tls = nullptr) : tls_{tls} {}
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;

    /// Returns the name for tables, such as `Redis over TLS`.
    [[nodiscard]] std::string name() const {
        return std::string{server_name()} + (tls_ == nullptr ? "" : over_tls);
    }

    [[nodiscard]] virtual std::uint16_t port() const = 0;

    /// Returns the leader of the process session to which all processes of the server belong.
    [[nodiscard]] virtual pid_t leader() const = 0;

    /// Connects a new client. Its handshake is done.
    [[nodiscard]] virtual Connection connect() const { return {port(), tls_}; }

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

  protected:
    [[nodiscard]] const Tls* tls() const { return tls_; }

  private:
    [[nodiscard]] virtual std::string_view server_name() const = 0;

    const Tls* tls_;
};

}  // namespace belfry::bench

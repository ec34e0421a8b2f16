#pragma once

#include "bench/support/connection.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// A server that hands what one client publishes to many, and how one speaks to it. What a
/// subscriber gets is known to the byte beforehand, so that deliveries are counted without looking
/// at them.
class Peer {
  public:
    Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;

    /// As it stands in tables.
    [[nodiscard]] virtual std::string_view name() const = 0;

    [[nodiscard]] virtual std::uint16_t port() const = 0;

    /// Leads the process session of all its processes.
    [[nodiscard]] virtual pid_t leader() const = 0;

    /// Makes a new connection a subscriber. When it comes back, the connection gets all that is
    /// published from now on, and nothing else.
    virtual void subscribe(const Connection& connection, std::size_t index) = 0;

    /// Makes a new connection the publisher.
    virtual void introduce(const Connection& connection) = 0;

    /// Takes care of what the server says to a connection of its own accord some time after its
    /// start, so that nothing of it stands between the messages later.
    virtual void settle(const Connection& /*connection*/) {}

    /// Adds so many messages to what the publisher is to send.
    /// @return bytes that they are for each subscriber
    virtual std::uint64_t print(std::string& out, std::uint64_t count,
                                std::string_view payload) = 0;

    /// @param bytes what the server said to the publisher, in any pieces
    /// @return how many messages it answers. @throws test::Failure where it is not what is expected
    virtual std::uint64_t answered(std::string_view bytes) = 0;

    /// Messages that may be unanswered, of those that the user asked for.
    [[nodiscard]] virtual std::uint64_t window(std::uint64_t asked) const { return asked; }
};

}  // namespace belfry::bench

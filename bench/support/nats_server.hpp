#pragma once

#include "bench/support/transport.hpp"
#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::bench {

/// A nats-server on a free port of this machine. It dies with this program.
class NatsServer {
  public:
    enum class Use {
        pub_sub,         ///< writes nothing to disk
        synced_streams,  ///< with JetStream, which syncs before it acknowledges if it can
    };

    /// Tells whether nats-server is installed.
    [[nodiscard]] static bool is_installed();

    /// Starts it and waits until it answers. Slow subscribers are not dropped.
    /// @param dir holds its files
    /// @param transport how clients connect
    NatsServer(Use use, const std::filesystem::path& dir, Transport transport = {});

    /// Tells whether this version can sync the file of a stream before it acknowledges. Otherwise
    /// an acknowledged message may be lost if the machine crashes.
    [[nodiscard]] static bool can_sync(const std::filesystem::path& dir);

    /// Returns the port for clients.
    [[nodiscard]] std::uint16_t port() const { return web_port_ != 0 ? web_port_ : port_; }

    /// Returns the pid of the server, which leads its own process session.
    [[nodiscard]] pid_t leader() const { return nats_.pid(); }

  private:
    [[nodiscard]] bool answers();

    std::uint16_t port_;
    std::uint16_t web_port_;  ///< 0: none
    test::Process nats_;
};

}  // namespace belfry::bench

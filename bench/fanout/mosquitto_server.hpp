#pragma once

#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::bench {

/// A mosquitto on a free port of this machine, which speaks MQTT over WebSocket. It dies with this
/// program.
class MosquittoServer {
  public:
    /// Tells whether mosquitto is installed.
    [[nodiscard]] static bool is_installed();

    /// Starts it and waits until it listens. Slow subscribers are not dropped, and no message for
    /// them.
    /// @param dir holds its files
    explicit MosquittoServer(const std::filesystem::path& dir);

    /// Returns the port for WebSockets.
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Returns the pid of the server, which leads its own process session.
    [[nodiscard]] pid_t leader() const { return mosquitto_.pid(); }

  private:
    [[nodiscard]] bool listens();

    std::uint16_t port_;
    test::Process mosquitto_;
};

}  // namespace belfry::bench

#pragma once

#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::bench {

/// A nats-server on a free port of this machine. It dies with this program.
class NatsServer {
  public:
    /// Whether nats-server is installed.
    [[nodiscard]] static bool is_installed();

    /// Starts it and waits until it answers. Slow subscribers are not dropped.
    /// @param dir for its files
    explicit NatsServer(const std::filesystem::path& dir);

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Leads a process session of its own.
    [[nodiscard]] pid_t leader() const { return nats_.pid(); }

  private:
    [[nodiscard]] bool answers();

    std::uint16_t port_;
    test::Process nats_;
};

}  // namespace belfry::bench

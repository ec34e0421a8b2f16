#pragma once

#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::bench {

/// A nats-server on a free port of this machine. It dies with this program.
class NatsServer {
  public:
    enum class Use {
        pub_sub,         ///< nothing goes to disk
        synced_streams,  ///< with JetStream; it syncs before it acknowledges, if it can
    };

    /// Whether nats-server is installed.
    [[nodiscard]] static bool is_installed();

    /// Starts it and waits until it answers. Slow subscribers are not dropped.
    /// @param dir for its files
    NatsServer(Use use, const std::filesystem::path& dir);

    /// Whether this version can sync a stream's file before it acknowledges. Without that, an
    /// acknowledged message may be lost with the machine.
    [[nodiscard]] static bool can_sync(const std::filesystem::path& dir);

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Leads a process session of its own.
    [[nodiscard]] pid_t leader() const { return nats_.pid(); }

  private:
    [[nodiscard]] bool answers();

    std::uint16_t port_;
    test::Process nats_;
};

}  // namespace belfry::bench

#pragma once

#include "bench/support/tls.hpp"
#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::bench {

/// A redis-server on a free port of this machine. It dies with this program.
class RedisServer {
  public:
    enum class Use {
        synced_streams,  ///< syncs its log before it answers
        pub_sub,         ///< writes nothing to disk, and drops no slow subscriber
    };

    /// Tells whether redis-server is installed.
    [[nodiscard]] static bool is_installed();

    /// Tells whether redis-benchmark is installed, which append_rate() needs.
    [[nodiscard]] static bool has_benchmark();

    /// Starts it and waits until it answers.
    /// @param dir holds its files
    /// @param tls unless it is null, clients must use TLS
    RedisServer(Use use, const std::filesystem::path& dir, const Tls* tls = nullptr);

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Returns the pid of the server, which leads its own process session.
    [[nodiscard]] pid_t leader() const { return redis_.pid(); }

    /// Appends to a new stream with redis-benchmark, on one connection that sends a number of
    /// commands at once, reads their answers, and starts again. Returns the commands per second.
    /// @param in_flight how many commands are sent at once
    /// @param count the total number of commands, rounded up to a multiple of `in_flight`
    [[nodiscard]] double append_rate(std::uint64_t in_flight, std::uint64_t count);

  private:
    [[nodiscard]] bool answers();

    std::uint16_t port_;
    const Tls* tls_;
    test::Process redis_;
    std::uint64_t streams_ = 0;
};

}  // namespace belfry::bench

#pragma once

#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>

namespace belfry::bench {

/// A redis-server on a free port of this machine. It dies with this program.
class RedisServer {
  public:
    enum class Use {
        synced_streams,  ///< it syncs its log before it answers
        pub_sub,         ///< nothing goes to disk, and no subscriber is dropped for being slow
    };

    /// Whether redis-server is installed.
    [[nodiscard]] static bool is_installed();

    /// Whether redis-benchmark is installed, which append_rate() needs.
    [[nodiscard]] static bool has_benchmark();

    /// Starts it and waits until it answers.
    /// @param dir for its files
    RedisServer(Use use, const std::filesystem::path& dir);

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Leads a process session of its own.
    [[nodiscard]] pid_t leader() const { return redis_.pid(); }

    /// Appends to a new stream by redis-benchmark with one connection: as many commands in one
    /// piece, then as many answers, and so on. Commands a second.
    /// @param in_flight commands in one piece
    /// @param count in all; rounded up to whole pieces
    [[nodiscard]] double append_rate(std::uint64_t in_flight, std::uint64_t count);

  private:
    [[nodiscard]] bool answers();

    std::uint16_t port_;
    test::Process redis_;
    std::uint64_t streams_ = 0;
};

}  // namespace belfry::bench

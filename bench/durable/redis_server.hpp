#pragma once

#include "tests/support/process.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace belfry::bench {

/// A Redis that syncs its log before it answers, on a free port of this machine. It dies with this
/// program.
class RedisServer {
  public:
    /// Whether redis-server and redis-benchmark are installed.
    [[nodiscard]] static bool is_installed();

    /// Starts it and waits until it answers.
    /// @param dir for its files
    explicit RedisServer(const std::filesystem::path& dir);

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

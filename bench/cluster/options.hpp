#pragma once

#include "bench/support/common_options.hpp"
#include "bench/support/wait.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::bench {

/// The options on the command line.
struct ClusterOptions : CommonOptions {
    Seconds duration{3};                   ///< of a run without a fixed number of messages
    std::uint64_t latencies = 1'000;       ///< messages of a run that measures latency
    std::uint64_t deliveries = 1'000'000;  ///< of a run of the fan-out
    std::uint64_t missed = 1'000'000;      ///< messages that a node misses while it is away
    std::size_t failovers = 20;            ///< how often the leader is killed
};

/// Reads the arguments, without the name of the program. Returns nothing after it has printed
/// --help.
/// @throws cli::UsageError
[[nodiscard]] std::optional<ClusterOptions> read_cluster_options(
    const std::vector<std::string>& arguments);

}  // namespace belfry::bench

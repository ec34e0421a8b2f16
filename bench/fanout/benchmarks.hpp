#pragma once

#include "bench/fanout/options.hpp"

#include <string_view>

/// Each starts real servers, measures, prints its lines, and leaves nothing.
namespace belfry::bench {

/// Whether one of them has this name on the command line.
[[nodiscard]] bool is_fanout_benchmark(std::string_view name);

/// Runs the one that was asked for, or all. @return whether all runs were valid
[[nodiscard]] bool run_fanout_benchmarks(const FanoutOptions& options);

}  // namespace belfry::bench

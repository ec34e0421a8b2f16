#pragma once

#include "bench/fanout/options.hpp"

#include <string_view>
#include <vector>

/// Each starts real servers, measures, prints its lines, and leaves nothing.
namespace belfry::bench {

/// Their names on the command line.
[[nodiscard]] std::vector<std::string_view> fanout_benchmarks();

/// Runs the one that was asked for, or all. @return whether all runs were valid
[[nodiscard]] bool run_fanout_benchmarks(const FanoutOptions& options);

}  // namespace belfry::bench

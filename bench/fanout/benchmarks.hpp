#pragma once

#include "bench/fanout/options.hpp"

#include <string_view>
#include <vector>

/// The benchmarks of this program. Each starts real servers, measures, prints its lines, and
/// removes everything.
namespace belfry::bench {

/// Returns the names of the benchmarks on the command line.
[[nodiscard]] std::vector<std::string_view> fanout_benchmarks();

/// Runs the benchmark that --only names, or all.
/// @return true if all runs were valid
[[nodiscard]] bool run_fanout_benchmarks(const FanoutOptions& options);

}  // namespace belfry::bench

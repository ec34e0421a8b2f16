#pragma once

#include "bench/support/common_options.hpp"

#include <string_view>
#include <vector>

namespace belfry::bench {

/// Returns the names of the benchmarks on the command line.
[[nodiscard]] std::vector<std::string_view> flood_benchmarks();

/// Measures the logins of clients while others flood the server, over TCP and over TLS, or the one
/// that --only names.
void run_flood_benchmarks(const CommonOptions& options);

}  // namespace belfry::bench

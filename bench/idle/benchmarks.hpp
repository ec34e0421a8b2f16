#pragma once

#include "bench/support/common_options.hpp"
#include "bench/support/report.hpp"

#include <string_view>
#include <vector>

/// Measures the cost of idle clients. Each benchmark starts real servers with durability memory,
/// prints its lines, and removes everything.
namespace belfry::bench {

/// Measures logins per second, one after the other and many at once.
void measure_logins(const CommonOptions& options, Report& report);

/// Measures logins per second one after the other, over TLS and without it.
void measure_tls_logins(const CommonOptions& options, Report& report);

/// Measures the memory of the machine for each client that is online.
void measure_idle_memory(const CommonOptions& options, Report& report);

/// Measures the same for clients that use TLS.
void measure_tls_memory(const CommonOptions& options, Report& report);

/// Measures the same after each client has read a whole ring.
void measure_memory_after_reading(const CommonOptions& options, Report& report);

/// Measures the throughput from one client to another while many others are online and do not read,
/// compared with the same without them.
void measure_beside_idle(const CommonOptions& options, Report& report);

/// Returns the names of the benchmarks on the command line.
[[nodiscard]] std::vector<std::string_view> idle_benchmarks();

/// Runs the benchmark that --only names, or all.
void run_idle_benchmarks(const CommonOptions& options);

}  // namespace belfry::bench

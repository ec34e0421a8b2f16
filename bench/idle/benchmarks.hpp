#pragma once

#include "bench/support/common_options.hpp"
#include "bench/support/report.hpp"

#include <string_view>
#include <vector>

/// What clients cost that do nothing. Each part starts real servers with durability memory, prints
/// its lines, and leaves nothing.
namespace belfry::bench {

/// Logins a second, one after the other and many at once.
void measure_logins(const CommonOptions& options, Report& report);

/// Memory of the machine for each client that is online.
void measure_idle_memory(const CommonOptions& options, Report& report);

/// The same after each has read a whole ring.
void measure_memory_after_reading(const CommonOptions& options, Report& report);

/// Throughput from one client to another with many others online that do not read, against the
/// same without them.
void measure_beside_idle(const CommonOptions& options, Report& report);

/// Their names on the command line.
[[nodiscard]] std::vector<std::string_view> idle_benchmarks();

/// Runs the one that was asked for, or all.
void run_idle_benchmarks(const CommonOptions& options);

}  // namespace belfry::bench

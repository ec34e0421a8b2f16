#pragma once

#include "bench/durable/options.hpp"
#include "bench/support/report.hpp"
#include "tests/support/temp_dir.hpp"

#include <string_view>
#include <vector>

/// The benchmarks of this program. Each starts real servers in new directories, measures, prints
/// its lines, and removes everything.
namespace belfry::bench {

/// Measures publishing with many messages in flight, compared with Redis and NATS.
void publish_window(const Options& options, const test::TempDir& scratch, Report& report);

/// Measures publishing with one message in flight, compared with Redis and NATS.
void publish_single(const Options& options, const test::TempDir& scratch, Report& report);

/// Measures how fast one client reads a backlog from the store, compared with the same from the
/// ring.
void catch_up_from_store(const Options& options, const test::TempDir& scratch, Report& report);

/// Measures the start of a server with many stored messages, compared with an empty store.
void restart_with_store(const Options& options, const test::TempDir& scratch, Report& report);

/// Measures publishing with one message in flight and many clients online, compared with the sender
/// alone.
void publish_to_crowd(const Options& options, const test::TempDir& scratch, Report& report);

/// Measures how the times of publishing, catching up and restarting grow with the number of
/// messages.
void grow_with_messages(const Options& options, const test::TempDir& scratch, Report& report);

/// Returns the names of the benchmarks on the command line.
[[nodiscard]] std::vector<std::string_view> durable_benchmarks();

/// Runs the benchmark that --only names, or all.
void run_benchmarks(const Options& options);

}  // namespace belfry::bench

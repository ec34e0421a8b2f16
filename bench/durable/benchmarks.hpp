#pragma once

#include "bench/durable/options.hpp"
#include "bench/support/report.hpp"
#include "tests/support/temp_dir.hpp"

#include <string_view>
#include <vector>

/// Each starts real servers in new directories, measures, prints its lines, and leaves nothing.
namespace belfry::bench {

/// Publishing with many messages in flight, against Redis and NATS.
void publish_window(const Options& options, const test::TempDir& scratch, Report& report);

/// Publishing with one message in flight, against Redis and NATS.
void publish_single(const Options& options, const test::TempDir& scratch, Report& report);

/// One client reads a backlog from the store, against one that reads it from the ring.
void catch_up_from_store(const Options& options, const test::TempDir& scratch, Report& report);

/// The start of a server with many stored messages, against one with none.
void restart_with_store(const Options& options, const test::TempDir& scratch, Report& report);

/// One message in flight and many clients online, against the sender alone.
void publish_to_crowd(const Options& options, const test::TempDir& scratch, Report& report);

/// How publishing, catching up and a restart grow with the messages.
void grow_with_messages(const Options& options, const test::TempDir& scratch, Report& report);

/// Their names on the command line.
[[nodiscard]] std::vector<std::string_view> durable_benchmarks();

/// Runs the one that was asked for, or all.
void run_benchmarks(const Options& options);

}  // namespace belfry::bench

#pragma once

#include "bench/durable/options.hpp"
#include "bench/support/scratch_dir.hpp"

#include <string_view>

/// Each starts real servers in new directories, measures, prints its lines, and leaves nothing.
namespace belfry::bench {

/// Publishing with many messages in flight, against Redis.
void publish_window(const Options& options, const ScratchDir& scratch);

/// Publishing with one message in flight, against Redis.
void publish_single(const Options& options, const ScratchDir& scratch);

/// One client reads a backlog from the store, against one that reads it from the ring.
void catch_up_from_store(const Options& options, const ScratchDir& scratch);

/// The start of a server with many stored messages, against one with none.
void restart_with_store(const Options& options, const ScratchDir& scratch);

/// One message in flight and many clients online, against the sender alone.
void publish_to_crowd(const Options& options, const ScratchDir& scratch);

/// Whether one of them has this name on the command line.
[[nodiscard]] bool is_benchmark(std::string_view name);

/// Runs the one that was asked for, or all.
void run_benchmarks(const Options& options);

}  // namespace belfry::bench

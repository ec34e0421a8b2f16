#pragma once

#include "bench/cluster/options.hpp"
#include "bench/support/report.hpp"
#include "tests/support/temp_dir.hpp"

#include <string_view>
#include <vector>

/// The benchmarks of this program. Each starts real servers in new directories, measures, prints
/// its lines, and removes everything. Three etcd servers and three nodes share this machine.
namespace belfry::bench {

/// Measures publishing with 1,000 messages in flight: its messages a second beside JetStream, and
/// its bytes a second beside those of one writer of 64 KiB values to bare etcd.
void publish_to_cluster(const ClusterOptions& options, const test::TempDir& scratch,
                        Report& report);

/// Measures publishing with one message in flight, beside creating keys in bare etcd.
void publish_one_by_one(const ClusterOptions& options, const test::TempDir& scratch,
                        Report& report);

/// Measures the time from a SEND at one node to the MSG at another, beside the time from creating
/// a key at one etcd server to its event at another.
void cross_the_cluster(const ClusterOptions& options, const test::TempDir& scratch, Report& report);

/// Measures the fan-out to 100 clients of each node, beside that of a single server.
void fan_out_at_each_node(const ClusterOptions& options, const test::TempDir& scratch,
                          Report& report);

/// Measures the longest silence for a publisher when the leader of etcd is killed, beside that of a
/// client that creates keys in bare etcd.
void kill_the_leader(const ClusterOptions& options, const test::TempDir& scratch, Report& report);

/// Measures how long a node that was away needs until it shows the last message that it missed.
void return_to_the_cluster(const ClusterOptions& options, const test::TempDir& scratch,
                           Report& report);

/// Returns the names of the benchmarks on the command line.
[[nodiscard]] std::vector<std::string_view> cluster_benchmarks();

/// Runs the benchmark that --only names, or all.
void run_cluster_benchmarks(const ClusterOptions& options);

}  // namespace belfry::bench

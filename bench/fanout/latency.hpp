#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// Percentiles of the latency in microseconds: for each, a series for each server.
struct Latencies {
    std::vector<Series> p50 = {};
    std::vector<Series> p99 = {};
};

/// Measures the servers in turn, at 500 messages of 64 bytes a second.
[[nodiscard]] Latencies measure_latencies(const FanoutOptions& options, std::vector<Stage>& stages);

/// Measures the latency at 500 messages a second: the median and the 99th percentile of all
/// deliveries. With more than 100 subscribers it does nothing.
void measure_latency(const FanoutOptions& options, std::size_t subscribers,
                     std::vector<Stage>& stages, Report& report);

}  // namespace belfry::bench

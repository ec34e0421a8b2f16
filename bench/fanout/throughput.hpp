#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// Measures the deliveries per second and the server's processor time for each delivery, for each
/// message size.
void measure_throughput(const FanoutOptions& options, std::size_t subscribers,
                        std::vector<Stage>& stages, Report& report);

}  // namespace belfry::bench

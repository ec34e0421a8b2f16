#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// Deliveries a second, and the processor time of the server for each, for each size of a message.
void measure_throughput(const FanoutOptions& options, std::size_t subscribers,
                        std::vector<Stage>& stages, Report& report);

}  // namespace belfry::bench

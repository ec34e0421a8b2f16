#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"

#include <cstddef>

namespace belfry::bench {

/// Compares the servers over WebSocket, with 64 bytes a message, and Belfry also over plain TCP, in
/// the same run. With more than 100 subscribers it does nothing.
void measure_web(const FanoutOptions& options, std::size_t subscribers, Report& report);

}  // namespace belfry::bench

#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"

namespace belfry::bench {

/// How the time until everybody has everything grows with the subscribers and with the messages.
/// Belfry alone, 64 bytes.
void measure_growth(const FanoutOptions& options, Report& report);

}  // namespace belfry::bench

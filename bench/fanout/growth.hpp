#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"

namespace belfry::bench {

/// Measures how the time until every subscriber has every message grows with the number of
/// subscribers and with the number of messages. Only Belfry is measured, with 64 bytes a message.
void measure_growth(const FanoutOptions& options, Report& report);

}  // namespace belfry::bench

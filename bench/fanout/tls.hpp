#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"

#include <cstddef>

namespace belfry::bench {

/// Compares the servers over TLS, with 64 bytes a message, and those of them whose latency is
/// measured also without it, in the same run. With more than 100 subscribers it does nothing.
void measure_tls(const FanoutOptions& options, std::size_t subscribers, Report& report);

}  // namespace belfry::bench

#pragma once

#include "bench/support/report.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// The comparisons of the measured values, with the wanted ratios. They are printed; nothing is
/// asserted.
namespace belfry::bench {

[[nodiscard]] std::vector<Ratio> throughput_ratios(const std::vector<Series>& rates,
                                                   std::size_t subscribers, std::uint64_t bytes);

[[nodiscard]] std::vector<Ratio> cpu_ratios(const std::vector<Series>& cpu,
                                            std::size_t subscribers);

[[nodiscard]] std::vector<Ratio> latency_ratios(const std::vector<Series>& medians,
                                                std::size_t subscribers);

}  // namespace belfry::bench

#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// The results of publishing as fast as possible: for each figure, a series for each server.
struct Rates {
    std::uint64_t messages = 0;  ///< of a run
    std::vector<Series> deliveries = {};
    std::vector<Series> cpu = {};
    std::vector<Series> generator = {};
    std::vector<Series> generator_user = {};
};

/// Measures the servers in turn, with messages of one size.
[[nodiscard]] Rates measure_rates(const FanoutOptions& options, std::size_t subscribers,
                                  std::uint64_t size, std::vector<Stage>& stages);

/// How the rates of one measurement are reported.
struct RateReport {
    std::string group_prefix;  ///< for example "tls-"
    std::string what;          ///< for example "64 bytes to 10"
    std::vector<Ratio> deliveries = {};
    std::vector<Ratio> cpu = {};
    std::map<std::string, double> settings = {};
};

/// Reports the deliveries per second, the server's processor time for each of them, and the
/// generator's share of a processor.
void report_rates(const Rates& rates, const RateReport& as, Report& report);

/// Reports the generator's own time outside the kernel for each delivery.
void report_generator_user(const Rates& rates, const RateReport& as, Report& report);

/// Measures the deliveries per second and the server's processor time for each delivery, for each
/// message size.
void measure_throughput(const FanoutOptions& options, std::size_t subscribers,
                        std::vector<Stage>& stages, Report& report);

}  // namespace belfry::bench

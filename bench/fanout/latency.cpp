#include "bench/fanout/latency.hpp"

#include "bench/fanout/wanted.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace belfry::bench {
namespace {

constexpr double messages_a_second = 500;
constexpr double seconds_of_a_run = 2;
constexpr std::size_t max_subscribers = 100;

/// Returns a percentile of the sorted latencies, in microseconds.
double percentile(const std::vector<double>& sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    return 1e6 * sorted[static_cast<std::size_t>(std::llround(at))];
}

}  // namespace

Latencies measure_latencies(const FanoutOptions& options, std::vector<Stage>& stages) {
    const double messages = options.scale * messages_a_second * seconds_of_a_run;
    const auto count = static_cast<std::uint64_t>(std::max(20.0, messages));
    const std::string payload(64, 'x');
    Latencies all;
    for (const Stage& stage : stages) {
        all.p50.push_back({stage.peer().name(), {}});
        all.p99.push_back(all.p50.back());
    }
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const auto times = stages[i].publish_at(messages_a_second, count, payload);
            all.p50[i].values.push_back(percentile(times, 0.5));
            all.p99[i].values.push_back(percentile(times, 0.99));
        }
    }
    return all;
}

void measure_latency(const FanoutOptions& options, std::size_t subscribers,
                     std::vector<Stage>& stages, Report& report) {
    if (subscribers > max_subscribers) return;
    const auto [medians, tails] = measure_latencies(options, stages);
    const std::string what = "500 messages a second to " + with_commas(subscribers);
    const std::map<std::string, double> settings{{"bytes", 64},
                                                 {"subscribers", static_cast<double>(subscribers)}};
    report.add({"latency-p50", what + ", p50", Unit::microseconds, medians,
                latency_ratios(medians, subscribers), "", settings});
    report.add({"latency-p99", what + ", p99", Unit::microseconds, tails, latency_ratios(tails, 0),
                "", settings});
}

}  // namespace belfry::bench

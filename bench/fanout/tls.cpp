#include "bench/fanout/tls.hpp"

#include "bench/fanout/latency.hpp"
#include "bench/fanout/stages.hpp"
#include "bench/fanout/throughput.hpp"
#include "bench/support/series.hpp"

#include <map>
#include <string>

namespace belfry::bench {
namespace {

constexpr std::uint64_t payload_bytes = 64;
constexpr std::size_t max_subscribers = 100;
constexpr std::size_t max_subscribers_of_latency = 10;

std::map<std::string, double> settings(std::size_t subscribers) {
    return {{"bytes", payload_bytes}, {"subscribers", static_cast<double>(subscribers)}};
}

RateReport rate_report(const Rates& rates, std::size_t subscribers) {
    RateReport as{.group_prefix = "tls-",
                  .what = "64 bytes to " + with_commas(subscribers) + over_tls,
                  .settings = settings(subscribers)};
    add_ratio_to_better(as.deliveries, rates.deliveries, "Redis over TLS", "NATS over TLS",
                        "at least 2");
    add_ratio(as.deliveries, rates.deliveries, "Belfry", "");
    return as;
}

/// Reports the ratio to Redis over TLS, and by how much it is above the ratio without TLS.
void report_latencies(const Latencies& latencies, std::size_t subscribers, Report& report) {
    const std::string what = "500 messages a second to " + with_commas(subscribers) + over_tls;
    std::vector<Ratio> ratios;
    add_ratio(ratios, latencies.p50, "Redis over TLS", "");
    report.add({"tls-latency-p50", what + ", p50", Unit::microseconds, latencies.p50, ratios, "",
                settings(subscribers)});
    const auto plain =
        ratios_of(values_of(latencies.p50, "Belfry"), values_of(latencies.p50, "Redis"));
    if (ratios.empty() || plain.empty()) return;
    Series above{"Belfry", ratios.front().values};
    for (std::size_t round = 0; round < plain.size(); ++round) above.values[round] -= plain[round];
    report.add({"tls-latency-above",
                what + ", p50 relative to Redis, above the same without TLS",
                Unit::none,
                {above},
                {},
                "at most 1",
                settings(subscribers)});
}

}  // namespace

void measure_tls(const FanoutOptions& options, std::size_t subscribers, Report& report) {
    if (subscribers > max_subscribers) return;
    report.remark("over TLS: " + std::string{Tls::name} + ", for all servers");
    const test::TempDir scratch{options.dir};
    const Tls tls;
    std::vector<Stage> stages = set_up_tls(options, scratch, subscribers, tls);
    const Rates rates = measure_rates(options, subscribers, payload_bytes, stages);
    report_rates(rates, rate_report(rates, subscribers), report);
    report_generator_user(rates, rate_report(rates, subscribers), report);
    if (subscribers > max_subscribers_of_latency) return;
    report_latencies(measure_latencies(options, stages), subscribers, report);
}

}  // namespace belfry::bench

#include "bench/fanout/web.hpp"

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
    RateReport as{.group_prefix = "web-",
                  .what = "64 bytes to " + with_commas(subscribers) + over_web_socket,
                  .settings = settings(subscribers)};
    add_ratio_to_better(as.deliveries, rates.deliveries, "NATS over WebSocket",
                        "Mosquitto over WebSocket", "at least 2");
    add_ratio(as.deliveries, rates.deliveries, "Belfry", "");
    add_ratio(as.cpu, rates.cpu, "Belfry", "");
    return as;
}

void report_latencies(const Latencies& latencies, std::size_t subscribers, Report& report) {
    const std::string what =
        "500 messages a second to " + with_commas(subscribers) + over_web_socket;
    const auto add = [&](const std::string& name, const std::vector<Series>& series,
                         const std::string& wanted) {
        std::vector<Ratio> ratios;
        add_ratio(ratios, series, "NATS over WebSocket", wanted);
        add_ratio(ratios, series, "Belfry", "");
        report.add({"web-latency-" + name, what + ", " + name, Unit::microseconds, series, ratios,
                    "", settings(subscribers)});
    };
    add("p50", latencies.p50, "at most 1.3");
    add("p99", latencies.p99, "");
}

}  // namespace

void measure_web(const FanoutOptions& options, std::size_t subscribers, Report& report) {
    if (subscribers > max_subscribers) return;
    const test::TempDir scratch{options.dir};
    std::vector<Stage> stages = set_up_web(options, scratch, subscribers);
    const Rates rates = measure_rates(options, subscribers, payload_bytes, stages);
    report_rates(rates, rate_report(rates, subscribers), report);
    report_generator_user(rates, rate_report(rates, subscribers), report);
    if (subscribers > max_subscribers_of_latency) return;
    report_latencies(measure_latencies(options, stages), subscribers, report);
}

}  // namespace belfry::bench

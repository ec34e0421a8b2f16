#include "bench/fanout/benchmarks.hpp"

#include "bench/fanout/growth.hpp"
#include "bench/fanout/latency.hpp"
#include "bench/fanout/stages.hpp"
#include "bench/fanout/throughput.hpp"
#include "bench/fanout/tls.hpp"
#include "bench/fanout/web.hpp"
#include "bench/support/plot.hpp"
#include "tests/support/failure.hpp"

#include <algorithm>
#include <array>

namespace belfry::bench {
namespace {

struct Benchmark {
    std::string_view name;
    void (*run)(const FanoutOptions& options, std::size_t subscribers, std::vector<Stage>& stages,
                Report& report);
};

constexpr std::array<Benchmark, 2> benchmarks{
    {{"throughput", &measure_throughput}, {"latency", &measure_latency}}};

/// These benchmarks have their own servers.
constexpr std::string_view tls = "tls";
constexpr std::string_view web = "web";

/// This benchmark has its own numbers of subscribers.
constexpr std::string_view growth = "growth";

std::string conditions(const FanoutOptions& options) {
    return "one publisher, at most " + with_commas(options.flow.window) + " messages unanswered, " +
           std::to_string(options.rounds) + " rounds, medians";
}

/// Runs the benchmarks that measure the servers in turn.
void compare(const FanoutOptions& options, std::size_t subscribers, Report& report) {
    const test::TempDir scratch{options.dir};
    std::vector<Stage> stages = set_up(options, scratch, subscribers);
    for (const Benchmark& benchmark : benchmarks) {
        if (options.only && *options.only != benchmark.name) continue;
        benchmark.run(options, subscribers, stages, report);
    }
}

/// Runs `measure`.
/// @return false if a run was not valid; the report then says so
template <typename Measure>
bool is_valid(const std::string& what, Report& report, Measure measure) {
    try {
        measure();
        return true;
    } catch (const test::Failure& failure) {
        report.remark("not valid, " + what + ": " + failure.what());
        return false;
    }
}

std::vector<Plot> plots(const FanoutOptions& options) {
    std::vector<Plot> all;
    for (const std::uint64_t size : options.sizes) {
        const std::string bytes = std::to_string(size);
        const std::map<std::string, double> only{{"bytes", static_cast<double>(size)}};
        all.push_back({"fanout-deliveries-" + bytes, "deliveries", "subscribers",
                       "Deliveries of " + bytes + " bytes", "a second", only});
        all.push_back({"fanout-cpu-" + bytes, "cpu", "subscribers",
                       "Server CPU for a delivery of " + bytes + " bytes", "ns", only});
    }
    for (const std::string part : {"p50", "p99"}) {
        all.push_back({"fanout-latency-" + part, "latency-" + part, "subscribers",
                       "Latency at 500 messages a second, " + part, "us"});
    }
    for (const std::string part : {"subscribers", "messages"}) {
        all.push_back({"fanout-growth-" + part, "growth-" + part, part,
                       "How the time of a run grows with the " + part, "ms"});
    }
    return all;
}

}  // namespace

std::vector<std::string_view> fanout_benchmarks() {
    std::vector<std::string_view> names = names_of(benchmarks);
    names.push_back(tls);
    names.push_back(web);
    names.push_back(growth);
    return names;
}

bool run_fanout_benchmarks(const FanoutOptions& options) {
    Report report{"fanout", conditions(options)};
    remark_missing_servers(options, report);
    bool valid = true;
    const auto runs = [&](std::string_view name) {
        return options.only.value_or(std::string{name}) == name;
    };
    for (const std::uint64_t subscribers : options.subscribers) {
        const std::string what = with_commas(subscribers) + " subscribers";
        if (std::ranges::any_of(names_of(benchmarks), runs)) {
            valid &= is_valid(what, report, [&] { compare(options, subscribers, report); });
        }
        if (runs(tls)) {
            valid &= is_valid(what + over_tls, report,
                              [&] { measure_tls(options, subscribers, report); });
        }
        if (runs(web)) {
            valid &= is_valid(what + over_web_socket, report,
                              [&] { measure_web(options, subscribers, report); });
        }
    }
    if (runs(growth)) {
        valid &= is_valid("growth", report, [&] { measure_growth(options, report); });
    }
    if (options.results) write_results(report, plots(options), *options.results);
    return valid;
}

}  // namespace belfry::bench

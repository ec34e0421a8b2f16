#include "bench/fanout/benchmarks.hpp"

#include "bench/fanout/latency.hpp"
#include "bench/fanout/stages.hpp"
#include "bench/fanout/throughput.hpp"
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

std::string conditions(const FanoutOptions& options) {
    return "one publisher, at most " + with_commas(options.flow.window) + " messages unanswered, " +
           std::to_string(options.rounds) + " rounds, medians";
}

/// @return false: a run was not valid
bool run(const FanoutOptions& options, std::size_t subscribers, Report& report) {
    try {
        const ScratchDir scratch{options.dir};
        std::vector<Stage> stages = set_up(options, scratch, subscribers);
        for (const Benchmark& benchmark : benchmarks) {
            if (options.only && *options.only != benchmark.name) continue;
            benchmark.run(options, subscribers, stages, report);
        }
        return true;
    } catch (const test::Failure& failure) {
        report.remark("not valid with " + with_commas(subscribers) +
                      " subscribers: " + failure.what());
        return false;
    }
}

}  // namespace

bool is_fanout_benchmark(std::string_view name) {
    return std::ranges::find(benchmarks, name, &Benchmark::name) != benchmarks.end();
}

bool run_fanout_benchmarks(const FanoutOptions& options) {
    Report report{"fanout", conditions(options)};
    remark_on_missing(options, report);
    bool valid = true;
    for (const std::uint64_t subscribers : options.subscribers) {
        valid = run(options, subscribers, report) && valid;
    }
    if (options.results) report.write(*options.results);
    return valid;
}

}  // namespace belfry::bench

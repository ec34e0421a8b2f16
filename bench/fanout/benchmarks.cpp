#include "bench/fanout/benchmarks.hpp"

#include "bench/fanout/latency.hpp"
#include "bench/fanout/stages.hpp"
#include "bench/fanout/throughput.hpp"
#include "tests/support/failure.hpp"

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

std::vector<std::string_view> fanout_benchmarks() {
    std::vector<std::string_view> names;
    for (const Benchmark& benchmark : benchmarks) names.push_back(benchmark.name);
    return names;
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

#include "bench/durable/benchmarks.hpp"

#include <array>

namespace belfry::bench {
namespace {

struct Benchmark {
    std::string_view name;
    void (*run)(const Options& options, const ScratchDir& scratch, Report& report);
};

constexpr std::array<Benchmark, 5> benchmarks{{{"window", &publish_window},
                                               {"single", &publish_single},
                                               {"catch-up", &catch_up_from_store},
                                               {"restart", &restart_with_store},
                                               {"crowd", &publish_to_crowd}}};

std::string conditions(const Options& options) {
    return "durability " + options.durability + ", 64-byte messages, " +
           std::to_string(options.rounds) + " rounds, medians";
}

}  // namespace

std::vector<std::string_view> durable_benchmarks() {
    std::vector<std::string_view> names;
    for (const Benchmark& benchmark : benchmarks) names.push_back(benchmark.name);
    return names;
}

void run_benchmarks(const Options& options) {
    Report report{"durable", conditions(options)};
    if (is_in_memory(options.dir)) {
        report.remark(options.dir.string() + " is in memory, where syncing costs nothing");
    }
    for (const Benchmark& benchmark : benchmarks) {
        if (options.only && *options.only != benchmark.name) continue;
        const ScratchDir scratch{options.dir};
        benchmark.run(options, scratch, report);
    }
    if (options.results) report.write(*options.results);
}

}  // namespace belfry::bench

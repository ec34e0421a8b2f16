#include "bench/durable/benchmarks.hpp"

#include "bench/support/table.hpp"

#include <algorithm>
#include <array>

namespace belfry::bench {
namespace {

struct Benchmark {
    std::string_view name;
    void (*run)(const Options& options, const ScratchDir& scratch);
};

constexpr std::array<Benchmark, 5> benchmarks{{{"window", &publish_window},
                                               {"single", &publish_single},
                                               {"catch-up", &catch_up_from_store},
                                               {"restart", &restart_with_store},
                                               {"crowd", &publish_to_crowd}}};

void print_conditions(const Options& options) {
    print_remark("durability " + options.durability + ", 64-byte messages, " +
                 std::to_string(options.rounds) + " rounds, medians");
    if (is_in_memory(options.dir)) {
        print_remark("note: " + options.dir.string() +
                     " is in memory, where syncing costs nothing");
    }
}

}  // namespace

bool is_benchmark(std::string_view name) {
    return std::ranges::find(benchmarks, name, &Benchmark::name) != benchmarks.end();
}

void run_benchmarks(const Options& options) {
    print_conditions(options);
    print_head();
    for (const Benchmark& benchmark : benchmarks) {
        if (options.only && *options.only != benchmark.name) continue;
        const ScratchDir scratch{options.dir};
        benchmark.run(options, scratch);
    }
}

}  // namespace belfry::bench

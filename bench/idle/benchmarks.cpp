#include "bench/idle/benchmarks.hpp"

#include "bench/support/plot.hpp"

#include <array>
#include <string>

namespace belfry::bench {
namespace {

struct Benchmark {
    std::string_view name;
    void (*run)(const CommonOptions& options, Report& report);
};

void measure_tls(const CommonOptions& options, Report& report) {
    measure_tls_logins(options, report);
    measure_tls_memory(options, report);
}

constexpr std::array<Benchmark, 5> benchmarks{{{"logins", &measure_logins},
                                               {"memory", &measure_idle_memory},
                                               {"tls", &measure_tls},
                                               {"read", &measure_memory_after_reading},
                                               {"beside", &measure_beside_idle}}};

std::vector<Plot> plots() {
    return {{"idle-memory", "idle", "clients", "Memory of an idle client", "KiB"}};
}

}  // namespace

std::vector<std::string_view> idle_benchmarks() {
    return names_of(benchmarks);
}

void run_idle_benchmarks(const CommonOptions& options) {
    Report report{"idle",
                  "durability memory, " + std::to_string(options.rounds) + " rounds, medians"};
    for (const Benchmark& benchmark : benchmarks) {
        if (options.only && *options.only != benchmark.name) continue;
        benchmark.run(options, report);
    }
    if (options.results) write_results(report, plots(), *options.results);
}

}  // namespace belfry::bench

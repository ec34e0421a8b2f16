#include "bench/cluster/benchmarks.hpp"

#include "bench/support/installed.hpp"
#include "bench/support/plot.hpp"

#include <array>
#include <string>

namespace belfry::bench {
namespace {

struct Benchmark {
    std::string_view name;
    void (*run)(const ClusterOptions& options, const test::TempDir& scratch, Report& report);
};

constexpr std::array<Benchmark, 6> benchmarks{{{"window", &publish_to_cluster},
                                               {"single", &publish_one_by_one},
                                               {"latency", &cross_the_cluster},
                                               {"fanout", &fan_out_at_each_node},
                                               {"failover", &kill_the_leader},
                                               {"return", &return_to_the_cluster}}};

}  // namespace

std::vector<std::string_view> cluster_benchmarks() {
    return names_of(benchmarks);
}

void run_cluster_benchmarks(const ClusterOptions& options) {
    Report report{"cluster",
                  "three etcd servers and three nodes on this machine, 64-byte messages, " +
                      std::to_string(options.rounds) + " rounds, medians"};
    if (!installed("etcd")) {
        report.remark("etcd is not installed: nothing is measured");
        return;
    }
    for (const Benchmark& benchmark : benchmarks) {
        if (options.only && *options.only != benchmark.name) continue;
        const test::TempDir scratch{options.dir};
        benchmark.run(options, scratch, report);
    }
    if (options.results) write_results(report, {}, *options.results);
}

}  // namespace belfry::bench

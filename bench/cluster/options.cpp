#include "bench/cluster/options.hpp"

#include "bench/cluster/benchmarks.hpp"

namespace belfry::bench {
namespace {

Program program() {
    return {"cluster", "Measures three nodes of a cluster, beside bare etcd on the same work.",
            cluster_benchmarks()};
}

void make_quick(ClusterOptions& options) {
    options.duration = Seconds{0.5};
    options.latencies = 100;
    options.deliveries = 30'000;
    options.missed = 20'000;
    options.failovers = 1;
}

}  // namespace

std::optional<ClusterOptions> read_cluster_options(const std::vector<std::string>& arguments) {
    const auto common = read_common_options(program(), arguments);
    if (!common) return {};
    ClusterOptions options;
    static_cast<CommonOptions&>(options) = *common;
    options.failovers = 4 * options.rounds;
    if (options.quick) make_quick(options);
    return options;
}

}  // namespace belfry::bench

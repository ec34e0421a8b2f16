#include "bench/support/main.hpp"

#include "bench/cluster/benchmarks.hpp"
#include "bench/support/interrupt.hpp"

#include <algorithm>
#include <cstdlib>

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    return bench::run_main("cluster", [&] {
        const auto options = bench::read_cluster_options({argv + std::min(argc, 1), argv + argc});
        if (!options) return EXIT_SUCCESS;
        bench::record_interrupts();
        bench::run_cluster_benchmarks(*options);
        return EXIT_SUCCESS;
    });
}

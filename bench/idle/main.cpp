#include "bench/support/main.hpp"

#include "bench/idle/benchmarks.hpp"
#include "bench/support/interrupt.hpp"
#include "bench/support/open_files.hpp"

#include <algorithm>
#include <cstdlib>

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    return bench::run_main("idle", [&] {
        const auto options = bench::read_common_options(
            {"idle", "Measures the cost of idle clients.", bench::idle_benchmarks()},
            {argv + std::min(argc, 1), argv + argc});
        if (!options) return EXIT_SUCCESS;
        bench::raise_open_files();
        bench::record_interrupts();
        bench::run_idle_benchmarks(*options);
        return EXIT_SUCCESS;
    });
}

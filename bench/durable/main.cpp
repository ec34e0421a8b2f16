#include "bench/support/main.hpp"

#include "bench/durable/benchmarks.hpp"
#include "bench/support/interrupt.hpp"

#include <algorithm>
#include <cstdlib>

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    return bench::run_main("durable", [&] {
        const auto options = bench::read_options({argv + std::min(argc, 1), argv + argc});
        if (!options) return EXIT_SUCCESS;
        bench::record_interrupts();
        bench::run_benchmarks(*options);
        return EXIT_SUCCESS;
    });
}

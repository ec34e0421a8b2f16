#include "bench/support/main.hpp"

#include "bench/flood/attack.hpp"
#include "bench/flood/benchmarks.hpp"
#include "bench/support/open_files.hpp"

#include <algorithm>
#include <cstdlib>

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
    return bench::run_main("flood", [&arguments] {
        bench::raise_open_files();
        bench::attack_if_asked(arguments);
        const auto options = bench::read_common_options(
            {"flood", "Measures logins while others flood the server.", bench::flood_benchmarks()},
            arguments);
        if (!options) return EXIT_SUCCESS;
        bench::record_interrupts();
        bench::run_flood_benchmarks(*options);
        return EXIT_SUCCESS;
    });
}

#include "bench/support/main.hpp"

#include "bench/fanout/benchmarks.hpp"
#include "bench/fanout/raw_server.hpp"
#include "bench/support/open_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
    return bench::run_main("fanout", [&arguments] {
        // This program also contains the servers of RawPeer, and starts itself to run them.
        if (arguments == std::vector<std::string>{"--raw-server"}) bench::serve_raw();
        if (arguments == std::vector<std::string>{"--relay-server"}) bench::serve_relay();
        const auto options = bench::read_fanout_options(arguments);
        if (!options) return EXIT_SUCCESS;
        bench::raise_open_files();
        bench::record_interrupts();
        return bench::run_fanout_benchmarks(*options) ? EXIT_SUCCESS : EXIT_FAILURE;
    });
}

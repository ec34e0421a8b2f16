#include "bench/durable/benchmarks.hpp"
#include "cli/command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

constexpr int exit_interrupted = 130;

int complain(const std::exception& error, int exit_code) {
    std::cerr << "durable: " << error.what() << '\n';
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    try {
        const auto options = bench::read_options({argv + std::min(argc, 1), argv + argc});
        if (!options) return EXIT_SUCCESS;
        bench::note_interrupts();
        bench::run_benchmarks(*options);
        return EXIT_SUCCESS;
    } catch (const belfry::cli::UsageError& error) {
        return complain(error, belfry::cli::exit_usage);
    } catch (const bench::Interrupted& error) {
        return complain(error, exit_interrupted);
    } catch (const std::exception& error) {
        return complain(error, EXIT_FAILURE);
    }
}

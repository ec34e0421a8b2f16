#include "cli/command_line.hpp"
#include "server/belfryd.hpp"
#include "server/options.hpp"
#include "server/report.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        const auto options = belfry::server::read_options(argc, argv);
        if (!options) return EXIT_SUCCESS;
        if (options->check) {
            std::cout << "the configuration is good\n";
            return EXIT_SUCCESS;
        }
        belfry::server::serve(*options);
        return EXIT_SUCCESS;
    } catch (const belfry::cli::UsageError& error) {
        belfry::server::report(error.what());
        return belfry::cli::exit_usage;
    } catch (const std::exception& error) {
        belfry::server::report(error.what());
        return EXIT_FAILURE;
    }
}

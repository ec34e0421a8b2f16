#include "cli/command_line.hpp"
#include "cli/standard_output.hpp"
#include "server/belfryd.hpp"
#include "server/options.hpp"
#include "server/report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

/// Descriptors 0 to 2 must be taken, or a file of ours would pass for standard output.
void open_missing_standard_descriptors() {
    int fd = 0;
    do {
        fd = ::open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
    open_missing_standard_descriptors();
    try {
        const auto options = belfry::server::read_options({argv + std::min(argc, 1), argv + argc});
        if (options && !options->check) {
            belfry::server::serve(*options);
            return EXIT_SUCCESS;
        }
        if (options) std::cout << "the configuration is good\n";
        belfry::cli::finish_standard_output();
        return EXIT_SUCCESS;
    } catch (const belfry::cli::UsageError& error) {
        belfry::server::report(error.what());
        return belfry::cli::exit_usage;
    } catch (const std::exception& error) {
        belfry::server::report(error.what());
        return EXIT_FAILURE;
    }
}

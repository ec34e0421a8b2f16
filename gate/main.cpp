#include "cli/command_line.hpp"
#include "cli/standard_streams.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "gate/gate.hpp"
#include "gate/openssl.hpp"
#include "gate/options.hpp"
#include "gate/supervisor_link.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace belfry;

/// Prints what is wrong with the files, or nothing. @return the exit status
int check(const gate::CredentialFiles& files) {
    try {
        const gate::Credentials credentials{files};
        return EXIT_SUCCESS;
    } catch (const gate::CredentialsError& error) {
        cli::warn("belfry-gate", error.what());
        return cli::exit_usage;
    }
}

/// Runs the gate until it is told to stop. @return the exit status
int serve(const gate::Options& options) {
    const gate::SupervisorLink supervisor{base::UniqueFd{options.supervisor_fd}};
    try {
        gate::Gate{options, supervisor}.run();
        return EXIT_SUCCESS;
    } catch (const gate::CredentialsError& error) {
        supervisor.report_error(error.what());
        return cli::exit_usage;
    }
}

}  // namespace

int main(int argc, char** argv) {
    open_missing_standard_descriptors();
    gate::wipe_freed_memory();
    try {
        const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
        const auto options = gate::read_options(arguments);
        if (options && options->check) return check(*options->files);
        if (options) {
            set_log(options->log_level, options->log_format, "belfry-gate");
            prepare_process_titles(argc, argv, "belfry-gate", "");
            set_process_title("gate");
            return serve(*options);
        }
        cli::finish_standard_output();
        return EXIT_SUCCESS;
    } catch (const cli::UsageError& error) {
        cli::warn("belfry-gate", error.what());
        return cli::exit_usage;
    } catch (const std::exception& error) {
        log_event(LogLevel::error, error.what());
        return EXIT_FAILURE;
    }
}

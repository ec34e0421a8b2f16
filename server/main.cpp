#include "cli/command_line.hpp"
#include "cli/standard_streams.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "server/belfryd.hpp"
#include "server/gate_process.hpp"
#include "server/options.hpp"
#include "server/replica_process.hpp"
#include "server/small_child.hpp"
#include "shm/data_directory.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

/// Ignores the signal that would kill the process at its limit of file sizes (ulimit -f). The write
/// fails instead, as on a full disk.
void ignore_file_size_signal() {
    static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
}

/// A core dump of any process of the server would contain messages, and secrets of clients.
void forbid_core_dumps() {
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

int main(int argc, char** argv) {
    belfry::open_missing_standard_descriptors();
    belfry::server::allocate_from_one_arena();
    ignore_file_size_signal();
    forbid_core_dumps();
    try {
        const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
        const auto options = belfry::server::read_options(arguments);
        auto clients =
            options ? std::optional{belfry::server::read_clients(*options)} : std::nullopt;
        if (options) belfry::server::require_files(*options);
        if (options && !options->check) {
            belfry::set_log(options->log_level, options->log_format);
            belfry::prepare_process_titles(argc, argv, "belfryd",
                                           " (" + options->data_dir.string() + ")");
            belfry::server::serve(*options, *std::move(clients), arguments);
            return EXIT_SUCCESS;
        }
        const bool has_certificate = options && options->gate && options->gate->certificate;
        if (has_certificate && !belfry::server::check_gate(*options->gate)) {
            return belfry::cli::exit_usage;
        }
        if (options && options->cluster) {
            static_cast<void>(belfry::server::replica_program());
        }
        if (options) std::cout << "configuration OK\n";
        belfry::cli::finish_standard_output();
        return EXIT_SUCCESS;
    } catch (const belfry::cli::UsageError& error) {
        belfry::cli::warn("belfryd", error.what());
        return belfry::cli::exit_usage;
    } catch (const belfry::server::JoinRefused& refused) {
        return refused.exit_status();
    } catch (const belfry::shm::DataDirectoryUnsafe& error) {
        log_event(belfry::LogLevel::error, error.what());
        return belfry::cli::exit_usage;
    } catch (const std::exception& error) {
        log_event(belfry::LogLevel::error, error.what());
        return EXIT_FAILURE;
    }
}

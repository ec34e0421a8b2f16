#include "auth/clients_file.hpp"
#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "cli/standard_streams.hpp"
#include "ctl/check.hpp"
#include "ctl/client_commands.hpp"
#include "ctl/cluster_status.hpp"
#include "ctl/export.hpp"
#include "ctl/follow.hpp"
#include "ctl/import.hpp"
#include "ctl/kick.hpp"
#include "ctl/log_printer.hpp"
#include "ctl/metrics.hpp"
#include "ctl/options.hpp"
#include "ctl/owner.hpp"
#include "ctl/readable_segment.hpp"
#include "ctl/recover.hpp"
#include "ctl/refusal.hpp"
#include "ctl/replica_program.hpp"
#include "ctl/reset_seq.hpp"
#include "ctl/search.hpp"
#include "ctl/status.hpp"
#include "ctl/stop.hpp"
#include "ctl/top.hpp"
#include "shm/segment_file.hpp"
#include "store/backup.hpp"
#include "store/new_database.hpp"
#include "store/store_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <vector>

namespace {

namespace ctl = belfry::ctl;
namespace shm = belfry::shm;
namespace store = belfry::store;

/// Tells whether the command writes to the segment. All others map it read-only.
bool writes_segment(const ctl::Options& options) {
    return options.command == "stop" || options.command == "remove" ||
           options.command == "reset-seq";
}

std::optional<shm::FoundSegment> find(const ctl::Options& options) {
    const auto mode =
        writes_segment(options) ? boost::interprocess::read_write : boost::interprocess::read_only;
    if (options.command == "remove") return shm::find_segment(options.data_dir, mode);
    return ctl::find_readable_segment(options.data_dir, mode);
}

/// Tells what a node of a cluster has not published. Its clients were told of none of it.
void warn_of_outbox(const shm::Segment& segment) {
    const auto cluster = ctl::read_cluster(segment);
    if (!cluster || cluster->waiting_bytes == 0) return;
    std::cerr << "belfryctl: " << cluster->waiting_bytes
              << " bytes of the outbox were not published; their senders were not told SENT\n";
}

void remove(const ctl::Options& options, const shm::FoundSegment& found) {
    const std::uint64_t lost = ctl::remove_dead_segment(options.data_dir, found);
    if (shm::is_readable(found.state)) warn_of_outbox(found.segment);
    if (lost == 0) return;
    std::cerr << "belfryctl: " << lost << (lost == 1 ? " message was" : " messages were")
              << " only in the segment, not in the store\n";
}

/// @return the exit status
int show_cluster(const ctl::Options& options, const shm::Segment& segment) {
    const auto status = ctl::read_cluster(segment);
    if (!status) {
        throw ctl::Refusal{"the server in " + options.data_dir.string() +
                           " is not a node of a cluster"};
    }
    if (options.json) {
        std::cout << std::setw(2) << ctl::cluster_json(*status) << '\n';
    } else {
        for (const auto& line : ctl::cluster_lines(*status, belfry::base::unix_ms())) {
            std::cout << line << '\n';
        }
    }
    return status->state == shm::ClusterState::ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_on_segment(const ctl::Options& options) {
    std::optional<shm::FoundSegment> found = find(options);
    if (options.command == "check") {
        return ctl::check(std::cout, options.data_dir, found) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (options.command == "reset-seq") {
        ctl::reset_seq(std::cout, options.data_dir, found, options.operand);
        return EXIT_SUCCESS;
    }
    if (!found) {
        throw ctl::Refusal{"no server segment in " + options.data_dir.string()};
    }
    if (options.command == "cluster status") return show_cluster(options, found->segment);
    if (options.command == "log" && options.follow) {
        ctl::follow_log(found->segment, ctl::line_form(options.json));
    } else if (options.command == "log") {
        ctl::print_log(std::cout, found->segment, ctl::line_form(options.json));
    } else if (options.command == "kick") {
        ctl::kick(std::cout, found->segment, options.operand);
    } else if (options.command == "stop") {
        ctl::stop_server(options.data_dir, *found);
    } else if (options.command == "remove") {
        remove(options, *found);
    } else if (options.command == "metrics") {
        ctl::print_metrics(std::cout, ctl::read_status(*found));
    } else if (options.json) {
        ctl::print_json(std::cout, ctl::read_status(*found));
    } else {
        ctl::print_page(std::cout, ctl::read_status(*found));
    }
    return EXIT_SUCCESS;
}

/// Formats a range of ids as `messages 3 to 9`.
std::string range(std::uint64_t first, std::uint64_t last) {
    if (first == last) return "message " + std::to_string(first);
    return "messages " + std::to_string(first) + " to " + std::to_string(last);
}

void recover(const ctl::Options& options) {
    const auto [epoch, first, last] = ctl::recover_store(options.data_dir, options.shmid);
    const std::string messages = first <= last ? range(first, last) : "no messages";
    std::cout << "recovered " << messages << " of log " << epoch << '\n';
    if (first > 1) std::cout << range(1, first - 1) << " missing: no longer in the segment\n";
    std::cout << "the segment is kept; remove it with ipcrm -m " << options.shmid << '\n';
}

void require_store(const ctl::Options& options) {
    if (store::has_store(options.data_dir)) return;
    const auto found = find(options);
    const bool in_memory = found && !found->segment.has_store();
    throw ctl::Refusal{"no store in " + options.data_dir.string() +
                       (in_memory ? ": its server keeps messages in memory only" : "")};
}

void run_on_store(const ctl::Options& options) {
    require_store(options);
    if (options.command == "search") {
        ctl::search(std::cout, options.data_dir, options.operand, ctl::line_form(options.json));
    } else {
        ctl::export_store(std::cout, options.data_dir, ctl::line_form(true));
    }
}

/// Writes a backup. The copy is created with the rights of the caller, and the store is read with
/// those of its owner.
int back_up(const ctl::Options& options) {
    store::NewDatabase copy{options.operand};
    const auto write = [&](const std::filesystem::path& data_dir) {
        ctl::Options as_owner = options;
        as_owner.data_dir = data_dir;
        require_store(as_owner);
        store::back_up(data_dir, copy.fd(), copy.temporary_path());
    };
    if (!ctl::run_as_owner_of(options.data_dir, write)) return EXIT_FAILURE;
    copy.install();
    return EXIT_SUCCESS;
}

std::vector<std::string> if_set(bool is_set, const char* argument) {
    return is_set ? std::vector<std::string>{argument} : std::vector<std::string>{};
}

int run(ctl::Options options) {
    if (options.command == "backup") return back_up(options);
    if (options.command.starts_with("client ")) return ctl::run_client_command(std::cout, options);
    std::optional<ctl::ImportFile> file;  // opened with the caller's rights
    if (options.command == "import") file.emplace(options.operand);
    const bool makes_directory = file || options.command == "recover";
    ctl::become_owner_of(options.data_dir, makes_directory ? ctl::MissingDirectory::will_be_made
                                                           : ctl::MissingDirectory::is_refused);
    if (file) {
        ctl::import_store(options.data_dir, *file);
    } else if (options.command == "recover") {
        recover(options);
    } else if (options.cluster) {
        ctl::run_replica(options.data_dir, "check", if_set(options.json, "--json"));
    } else if (options.command == "cluster add") {
        ctl::run_replica(options.data_dir, "add", {options.operand});
    } else if (options.command == "cluster reseed") {
        ctl::run_replica(options.data_dir, "reseed", if_set(options.force, "--force"));
    } else if (options.command == "top") {
        ctl::run_top(options.data_dir);
    } else if (options.command == "search" || options.command == "export") {
        run_on_store(options);
    } else {
        return run_on_segment(options);
    }
    return EXIT_SUCCESS;
}

int warn(const std::exception& error, int exit_code) {
    std::cout.flush();
    belfry::cli::warn("belfryctl", error.what());
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    // This makes the streams faster. No command mixes them with stdio: only `top` uses stdio,
    // through ncurses.
    std::ios::sync_with_stdio(false);
    try {
        const auto options = ctl::read_options({argv + std::min(argc, 1), argv + argc});
        const int exit_code = options ? run(*options) : EXIT_SUCCESS;
        belfry::cli::finish_standard_output();
        return exit_code;
    } catch (const belfry::cli::UsageError& error) {
        return warn(error, belfry::cli::exit_usage);
    } catch (const belfry::auth::ClientsFileError& error) {
        return warn(error, belfry::cli::exit_usage);
    } catch (const std::exception& error) {
        return warn(error, EXIT_FAILURE);
    }
}

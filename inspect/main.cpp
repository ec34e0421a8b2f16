#include "cli/command_line.hpp"
#include "cli/complain.hpp"
#include "cli/standard_output.hpp"
#include "inspect/log_printer.hpp"
#include "inspect/options.hpp"
#include "inspect/status.hpp"
#include "inspect/stop.hpp"
#include "shm/invariants.hpp"
#include "shm/segment_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

namespace inspect = belfry::inspect;
namespace shm = belfry::shm;

/// stop and remove change the segment; all else reads it.
bool changes(const inspect::Options& options) {
    return options.command == "stop" || options.command == "remove";
}

shm::FoundSegment find(const inspect::Options& options) {
    const auto mode =
        changes(options) ? boost::interprocess::read_write : boost::interprocess::read_only;
    auto found = shm::find_segment(options.data_dir, mode);
    if (!found)
        throw inspect::Refusal{"there is no segment of a server in " + options.data_dir.string()};
    const bool readable =
        found->state == shm::SegmentState::whole || found->state == shm::SegmentState::removed;
    if (!readable && options.command != "remove") {
        throw inspect::Refusal{"the segment of " + options.data_dir.string() +
                               (found->state == shm::SegmentState::torn
                                    ? " was never finished"
                                    : " has another layout than this program")};
    }
    return *std::move(found);
}

int check(const shm::Segment& segment) {
    const auto broken = shm::broken_invariants(segment, &inspect::is_record);
    for (const std::string& sentence : broken) std::cout << sentence << '\n';
    if (broken.empty()) std::cout << "all invariants hold\n";
    return broken.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const inspect::Options& options) {
    const shm::FoundSegment found = find(options);
    if (options.command == "check") return check(found.segment);
    if (options.command == "log") {
        inspect::print_log(std::cout, found.segment);
    } else if (options.command == "stop") {
        inspect::stop_server(options.data_dir, found);
    } else if (options.command == "remove") {
        inspect::remove_dead_segment(options.data_dir, found);
    } else if (options.json) {
        inspect::print_json(std::cout, inspect::read_status(found));
    } else {
        inspect::print_page(std::cout, inspect::read_status(found));
    }
    return EXIT_SUCCESS;
}

int complain(const std::exception& error, int exit_code) {
    belfry::cli::complain("belfryctl", error.what());
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = inspect::read_options({argv + std::min(argc, 1), argv + argc});
        const int exit_code = options ? run(*options) : EXIT_SUCCESS;
        belfry::cli::finish_standard_output();
        return exit_code;
    } catch (const belfry::cli::UsageError& error) {
        return complain(error, belfry::cli::exit_usage);
    } catch (const std::exception& error) {
        return complain(error, EXIT_FAILURE);
    }
}

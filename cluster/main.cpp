#include "cli/command_line.hpp"
#include "cli/standard_streams.hpp"
#include "cluster/check.hpp"
#include "cluster/join.hpp"
#include "cluster/options.hpp"
#include "cluster/registration.hpp"
#include "cluster/replica.hpp"
#include "cluster/reseed.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "shm/process_entry.hpp"
#include "shm/segment_file.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace cluster = belfry::cluster;
namespace shm = belfry::shm;
using Command = cluster::Options::Command;

/// The supervisor's signals do not end the replica, which drains when it is told to. The size limit
/// of files makes a write fail, as on a full disk.
void ignore_signals() {
    for (const int signal : {SIGINT, SIGHUP, SIGPIPE, SIGXFSZ}) {
        static_cast<void>(::signal(signal, SIG_IGN));
    }
}

/// A core dump would contain messages and the password of etcd.
void forbid_core_dumps() {
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);
}

/// Logs a line about the servers of etcd. While none answers, there may be many of them. The thread
/// of the watch calls it.
void note(const std::string& line) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds interval{10};
    static Clock::time_point next;
    const auto now = Clock::now();
    belfry::log_event(now < next ? belfry::LogLevel::debug : belfry::LogLevel::info, line);
    if (now >= next) next = now + interval;
}

/// Runs the replica of a running server. @return the exit status
int run(const cluster::Options& options) {
    ignore_signals();
    auto found = shm::find_segment(options.data_dir, boost::interprocess::read_write);
    if (!found || found->state != shm::SegmentState::whole || !found->segment.is_in_cluster()) {
        throw std::runtime_error{"no segment of a node of a cluster in " +
                                 options.data_dir.string()};
    }
    shm::Segment& segment = found->segment;
    if (!shm::claim(segment.process(shm::archiver_entry), options.generation)) return EXIT_FAILURE;
    const belfry::SharedLogLevel level{segment.server().log_level};
    cluster::EngineOptions engine_options = options.engine;
    engine_options.note = &note;
    const auto engine = cluster::make_etcd_engine(engine_options);
    cluster::Replica replica{segment, options.data_dir, *engine, options.address};
    return replica.run() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int join(const cluster::Options& options) {
    const auto engine = cluster::make_etcd_engine(options.engine);
    const auto settings = cluster::join(*engine, {.data_dir = options.data_dir,
                                                  .cluster = options.engine.cluster,
                                                  .node = options.node,
                                                  .max_payload = options.max_payload});
    std::cout << "epoch=" << settings.epoch << " max-payload=" << settings.max_payload << '\n';
    return EXIT_SUCCESS;
}

int check(const cluster::Options& options) {
    const auto engine = cluster::make_etcd_engine(options.engine);
    return cluster::check(std::cout, *engine, options.json) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int reseed(const cluster::Options& options) {
    const auto engine = cluster::make_etcd_engine(options.engine);
    cluster::reseed(std::cout, *engine,
                    {.data_dir = options.data_dir,
                     .cluster = options.engine.cluster,
                     .node = options.node,
                     .force = options.force});
    return EXIT_SUCCESS;
}

int add(const cluster::Options& options) {
    const auto engine = cluster::make_etcd_engine(options.engine);
    cluster::register_node(std::cout, *engine, options.added);
    return EXIT_SUCCESS;
}

int run_command(const cluster::Options& options) {
    switch (options.command) {
        case Command::run:
            return run(options);
        case Command::join:
            return join(options);
        case Command::check:
            return check(options);
        case Command::reseed:
            return reseed(options);
        case Command::add:
            return add(options);
    }
    return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    belfry::open_missing_standard_descriptors();
    forbid_core_dumps();
    std::optional<cluster::Options> options;
    try {
        options = cluster::read_options({argv + std::min(argc, 1), argv + argc});
        if (options && options->command == Command::run) {
            belfry::set_log(options->log_level, options->log_format, "belfry-replica");
            belfry::prepare_process_titles(argc, argv, "belfry-replica",
                                           " (" + options->data_dir.string() + ")");
            belfry::set_process_title("replica");
        }
        const int status = options ? run_command(*options) : EXIT_SUCCESS;
        belfry::cli::finish_standard_output();
        return status;
    } catch (const belfry::cli::UsageError& error) {
        belfry::cli::warn("belfry-replica", error.what());
        return belfry::cli::exit_usage;
    } catch (const std::exception& error) {
        if (options && options->command == Command::run) {
            belfry::log_event(belfry::LogLevel::error, error.what());
        } else {
            belfry::cli::warn("belfry-replica", error.what());
        }
        return EXIT_FAILURE;
    }
}

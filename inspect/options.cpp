#include "inspect/options.hpp"

#include "cli/command_line.hpp"
#include "wire/version.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

namespace belfry::inspect {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::array<std::string_view, 5> command_names{"status", "log", "check", "stop", "remove"};

po::options_description described_options() {
    po::options_description options{"Options (one dash or two, _ and - alike)", 100};
    // clang-format off
    options.add_options()
        ("data-dir", po::value<std::string>()->default_value("belfry-data")->value_name("DIR"), "the server's data directory")
        ("json", po::bool_switch(), "status as one JSON object")
        ("config", po::value<std::string>()->value_name("FILE"), "more options, one `name = value` a line")
        ("version", po::bool_switch(), "print the version, and exit")
        ("help", po::bool_switch(), "print this, and exit");
    // clang-format on
    return options;
}

void print_help(const po::options_description& described) {
    std::cout << "belfryctl [OPTIONS] COMMAND\n"
                 "Looks at the shared memory of a running or a dead server.\n\n"
                 "  status   what the server, its log and its clients are doing\n"
                 "  log      the messages that are in the ring\n"
                 "  check    prove the invariants; exit 1 if one is broken\n"
                 "  stop     end the server cleanly, also one whose supervisor is dead\n"
                 "  remove   delete a dead server's segment\n\n"
              << described << "\nExit status: 0 done, 1 not done or broken, 2 for bad usage.\n";
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    const cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        print_help(described);
        return {};
    }
    if (cli::is_set(line.options, "version")) {
        std::cout << "belfryctl " << wire::version << '\n';
        return {};
    }
    if (line.words.size() != 1) {
        throw UsageError{"name one command: status, log, check, stop or remove"};
    }
    Options options{*cli::text_of(line.options, "data-dir"), line.words.front(),
                    cli::is_set(line.options, "json")};
    if (std::find(command_names.begin(), command_names.end(), options.command) ==
        command_names.end()) {
        throw UsageError{"unknown command '" + options.command + "'"};
    }
    if (options.json && options.command != "status") {
        throw UsageError{"--json goes with status"};
    }
    return options;
}

}  // namespace belfry::inspect

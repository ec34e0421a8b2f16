#include "bench/durable/options.hpp"

#include "bench/durable/benchmarks.hpp"
#include "cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <iostream>

namespace belfry::bench {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::array<std::string_view, 3> durabilities{"commit", "async", "memory"};
constexpr std::uint64_t max_messages = 1'000'000'000;
constexpr std::uint64_t max_rounds = 1'000;

po::options_description described_options() {
    po::options_description options{"Options (one dash or two, _ and - alike)", 100};
    const auto text = [] { return po::value<std::string>(); };
    const auto defaults_to = [&](const char* value) { return text()->default_value(value); };
    // clang-format off
    options.add_options()
        ("only", text()->value_name("NAME"), "one benchmark: window, single, catch-up, restart or crowd")
        ("quick", po::bool_switch(), "short runs and few messages: whether it works, not how fast")
        ("rounds", defaults_to("5")->value_name("N"), "how often each pair is measured")
        ("stored", text()->value_name("N"), "messages in the store at a restart (10000000)")
        ("durability", defaults_to("commit")->value_name("WORD"), "commit, async or memory")
        ("dir", defaults_to("build")->value_name("DIR"), "the data are written below it, and removed")
        ("config", text()->value_name("FILE"), "more options, one `name = value` a line")
        ("help", po::bool_switch(), "print this, and exit");
    // clang-format on
    return options;
}

void make_quick(Options& options) {
    options.duration = Seconds{0.3};
    options.backlog = 100'000;
    options.stored = 200'000;
}

Options checked(const po::variables_map& given) {
    const auto text = [&given](const char* name) { return *cli::text_of(given, name); };
    Options options;
    if (cli::is_set(given, "quick")) make_quick(options);
    options.only = cli::text_of(given, "only");
    if (options.only && !is_benchmark(*options.only)) {
        throw UsageError{"--only: there is no benchmark '" + *options.only + "'"};
    }
    options.rounds = cli::whole_number("rounds", text("rounds"), 1, max_rounds);
    if (const auto stored = cli::text_of(given, "stored")) {
        options.stored = cli::whole_number("stored", *stored, 1, max_messages);
    }
    options.durability = text("durability");
    if (std::ranges::find(durabilities, options.durability) == durabilities.end()) {
        throw UsageError{"--durability must be commit, async or memory, not '" +
                         options.durability + "'"};
    }
    options.dir = text("dir");
    if (!std::filesystem::is_directory(options.dir)) {
        throw UsageError{"--dir: there is no directory " + options.dir.string()};
    }
    return options;
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    const cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        std::cout << "durable [OPTIONS]\n"
                     "Measures belfryd with its store. See bench/README.md.\n\n"
                  << described << "\nExit status: 0 measured, 1 not, 2 for bad usage.\n";
        return {};
    }
    if (!line.words.empty()) throw UsageError{"'" + line.words.front() + "' is no option"};
    return checked(line.options);
}

}  // namespace belfry::bench

#include "bench/support/common_options.hpp"

#include "cli/command_line.hpp"

#include <boost/algorithm/string/join.hpp>

#include <algorithm>
#include <iostream>

namespace belfry::bench {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::uint64_t max_rounds = 1'000;
constexpr std::size_t quick_rounds = 1;

std::string described_parts(const Program& program) {
    const std::vector<std::string> names(program.parts.begin(), program.parts.end());
    return names.empty() ? "run only benchmarks whose names contain NAME"
                         : "run only one part: " + boost::algorithm::join(names, ", ");
}

void check(const Program& program, const CommonOptions& options) {
    const bool any = program.parts.empty() || !options.only;
    if (!any && std::ranges::find(program.parts, *options.only) == program.parts.end()) {
        throw UsageError{"--only: unknown part '" + *options.only + "'"};
    }
    if (!std::filesystem::is_directory(options.dir)) {
        throw UsageError{"--dir: not a directory: " + options.dir.string()};
    }
}

}  // namespace

po::options_description common_options(const Program& program) {
    po::options_description options{"Options (one or two dashes; _ and - are the same)", 100};
    const auto text = [] { return po::value<std::string>(); };
    const std::string names = described_parts(program);
    // clang-format off
    options.add_options()
        ("only", text()->value_name("NAME"), names.c_str())
        ("quick", po::bool_switch(), "one short round, which shows that it works, not how fast")
        ("rounds", text()->value_name("N"), "number of measurements of each server, in turn (5)")
        ("dir", text()->default_value("build")->value_name("DIR"), "servers write below it; everything is removed at the end")
        ("results", text()->value_name("DIR"), "write tables, plots and JSON to this directory")
        ("config", text()->value_name("FILE"), "read more options, one `name = value` per line")
        ("help", po::bool_switch(), "print this help and exit");
    // clang-format on
    return options;
}

std::optional<po::variables_map> read_arguments(const Program& program,
                                                const po::options_description& options,
                                                const std::vector<std::string>& arguments) {
    const cli::CommandLine line = cli::parse(arguments, options);
    if (cli::is_set(line.options, "help")) {
        std::cout << program.name << " [OPTIONS]\n"
                  << program.does << " See bench/README.md.\n\n"
                  << options
                  << "\nExit status: 0 if everything was measured, 1 if not, 2 for bad usage.\n";
        return {};
    }
    if (!line.words.empty()) throw UsageError{"unexpected argument '" + line.words.front() + "'"};
    return line.options;
}

CommonOptions common_from(const Program& program, const po::variables_map& given) {
    CommonOptions options;
    options.only = cli::text_of(given, "only");
    options.quick = cli::is_set(given, "quick");
    if (options.quick) options.rounds = quick_rounds;
    if (const auto rounds = cli::text_of(given, "rounds")) {
        options.rounds = cli::whole_number("rounds", *rounds, 1, max_rounds);
    }
    options.dir = *cli::text_of(given, "dir");
    if (const auto results = cli::text_of(given, "results")) options.results = *results;
    check(program, options);
    return options;
}

std::optional<CommonOptions> read_common_options(const Program& program,
                                                 const std::vector<std::string>& arguments) {
    const auto given = read_arguments(program, common_options(program), arguments);
    return given ? std::optional{common_from(program, *given)} : std::nullopt;
}

}  // namespace belfry::bench

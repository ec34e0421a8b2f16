#include "bench/durable/options.hpp"

#include "bench/durable/benchmarks.hpp"
#include "cli/command_line.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace belfry::bench {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::array<std::string_view, 3> durabilities{"commit", "async", "memory"};
constexpr std::uint64_t max_messages = 1'000'000'000;

Program program() {
    return {"durable", "Measures belfryd with its store.", durable_benchmarks()};
}

po::options_description described_options() {
    po::options_description options = common_options(program());
    const auto text = [] { return po::value<std::string>(); };
    // clang-format off
    options.add_options()
        ("stored", text()->value_name("N"), "messages in the store at a restart (10000000)")
        ("durability", text()->default_value("commit")->value_name("WORD"), "commit, async or memory");
    // clang-format on
    return options;
}

void make_quick(Options& options) {
    options.duration = Seconds{0.3};
    options.backlog = 100'000;
    options.stored = 200'000;
    options.online = 100;
}

Options checked(const po::variables_map& given) {
    Options options;
    static_cast<CommonOptions&>(options) = common_from(program(), given);
    if (options.quick) make_quick(options);
    if (const auto stored = cli::text_of(given, "stored")) {
        options.stored = cli::whole_number("stored", *stored, 1, max_messages);
    }
    options.durability = *cli::text_of(given, "durability");
    if (std::ranges::find(durabilities, options.durability) == durabilities.end()) {
        throw UsageError{"--durability must be commit, async or memory, not '" +
                         options.durability + "'"};
    }
    return options;
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const auto given = read_arguments(program(), described_options(), arguments);
    return given ? std::optional{checked(*given)} : std::nullopt;
}

}  // namespace belfry::bench

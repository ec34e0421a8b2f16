#include "bench/fanout/options.hpp"

#include "bench/fanout/benchmarks.hpp"
#include "cli/command_line.hpp"

#include <boost/algorithm/string/split.hpp>

#include <algorithm>
#include <iostream>

namespace belfry::bench {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::uint64_t max_rounds = 1'000;
constexpr std::uint64_t max_subscribers = 10'000;
constexpr std::uint64_t max_size = 64 << 10;
constexpr double quick_scale = 0.01;

po::options_description described_options() {
    po::options_description options{"Options (one dash or two, _ and - alike)", 100};
    const auto text = [] { return po::value<std::string>(); };
    const auto defaults_to = [&](const char* value) { return text()->default_value(value); };
    // clang-format off
    options.add_options()
        ("only", text()->value_name("NAME"), "one benchmark: throughput or latency")
        ("quick", po::bool_switch(), "one round of few messages: whether it works, not how fast")
        ("rounds", text()->value_name("N"), "how often each is measured, in turn (5)")
        ("peers", text()->value_name("LIST"), "of belfry,redis,nats,raw (all)")
        ("subscribers", text()->value_name("LIST"), "how many there are (1,10,100,1000)")
        ("sizes", text()->value_name("LIST"), "bytes of a message (16,64,1024)")
        ("window", defaults_to("1000")->value_name("N"), "messages without an answer")
        ("lead", text()->value_name("SIZE"),
         "how far the publisher is ahead of the slowest subscriber (16M, with 1,000 of them 1M)")
        ("dir", defaults_to("build")->value_name("DIR"), "servers write below it; all is removed")
        ("results", text()->value_name("DIR"), "fanout.json and fanout.md are written there")
        ("config", text()->value_name("FILE"), "more options, one `name = value` a line")
        ("help", po::bool_switch(), "print this, and exit");
    // clang-format on
    return options;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> words;
    boost::algorithm::split(words, list, [](char c) { return c == ','; });
    return words;
}

std::vector<std::uint64_t> numbers(const char* option, const std::string& list, std::uint64_t max) {
    std::vector<std::uint64_t> result;
    for (const std::string& word : split(list)) {
        result.push_back(cli::whole_number(option, word, 1, max));
    }
    return result;
}

void check_names(const FanoutOptions& options) {
    if (options.only && !is_fanout_benchmark(*options.only)) {
        throw UsageError{"--only: there is no benchmark '" + *options.only + "'"};
    }
    const FanoutOptions all;
    for (const std::string& peer : options.peers) {
        if (!all.has(peer)) throw UsageError{"--peers: '" + peer + "' is none"};
    }
    if (!options.has("belfry")) throw UsageError{"--peers: belfry is always among them"};
    if (!std::filesystem::is_directory(options.dir)) {
        throw UsageError{"--dir: there is no directory " + options.dir.string()};
    }
}

FanoutOptions checked(const po::variables_map& given) {
    const auto text = [&given](const char* name) { return cli::text_of(given, name); };
    FanoutOptions options;
    if (cli::is_set(given, "quick")) {
        options.rounds = 1;
        options.scale = quick_scale;
    }
    options.only = text("only");
    if (const auto rounds = text("rounds")) {
        options.rounds = cli::whole_number("rounds", *rounds, 1, max_rounds);
    }
    if (const auto peers = text("peers")) options.peers = split(*peers);
    if (const auto list = text("subscribers")) {
        options.subscribers = numbers("subscribers", *list, max_subscribers);
    }
    if (const auto list = text("sizes")) options.sizes = numbers("sizes", *list, max_size);
    options.flow.window = cli::whole_number("window", *text("window"), 1, 1'000'000);
    if (const auto lead = text("lead")) {
        options.flow.lead_bytes = cli::byte_count("lead", *lead, 1, 32U << 20);
    }
    options.dir = *text("dir");
    if (const auto results = text("results")) options.results = *results;
    check_names(options);
    return options;
}

}  // namespace

bool FanoutOptions::has(std::string_view peer) const {
    return std::ranges::find(peers, peer) != peers.end();
}

std::optional<FanoutOptions> read_fanout_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    const cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        std::cout << "fanout [OPTIONS]\n"
                     "Measures how fast one publisher reaches many subscribers. See "
                     "bench/README.md.\n\n"
                  << described << "\nExit status: 0 measured, 1 not, 2 for bad usage.\n";
        return {};
    }
    if (!line.words.empty()) throw UsageError{"'" + line.words.front() + "' is no option"};
    return checked(line.options);
}

}  // namespace belfry::bench

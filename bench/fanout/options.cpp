#include "bench/fanout/options.hpp"

#include "bench/fanout/benchmarks.hpp"
#include "cli/command_line.hpp"

#include <boost/algorithm/string/split.hpp>

#include <algorithm>

namespace belfry::bench {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::uint64_t max_subscribers = 10'000;
constexpr std::uint64_t max_size = 64 << 10;
constexpr double quick_scale = 0.01;

Program program() {
    return {"fanout", "Measures how fast one publisher reaches many subscribers.",
            fanout_benchmarks()};
}

po::options_description described_options() {
    po::options_description options = common_options(program());
    const auto text = [] { return po::value<std::string>(); };
    // clang-format off
    options.add_options()
        ("peers", text()->value_name("LIST"),
         "servers to compare: belfry,redis,nats,mosquitto,raw,relay (all)")
        ("subscribers", text()->value_name("LIST"), "numbers of subscribers (1,10,100,1000)")
        ("sizes", text()->value_name("LIST"), "sizes of a message in bytes (16,64,1024)")
        ("window", text()->default_value("1000")->value_name("N"), "how many messages may be unanswered")
        ("lead", text()->value_name("SIZE"),
         "how far the publisher may be ahead of the slowest subscriber (16M; 1M for 1,000 subscribers)");
    // clang-format on
    return options;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> words;
    boost::algorithm::split(words, list, [](char c) { return c == ','; });
    return words;
}

std::vector<std::uint64_t> numbers(const char* option, const std::string& list, std::uint64_t max) {
    const std::vector<std::string> words = split(list);
    std::vector<std::uint64_t> result;
    result.reserve(words.size());
    for (const std::string& word : words) {
        result.push_back(cli::whole_number(option, word, 1, max));
    }
    return result;
}

void check_peers(const FanoutOptions& options) {
    const FanoutOptions all;
    for (const std::string& peer : options.peers) {
        if (!all.has(peer)) throw UsageError{"--peers: unknown server '" + peer + "'"};
    }
    if (!options.has("belfry")) throw UsageError{"--peers must contain belfry"};
}

FanoutOptions checked(const po::variables_map& given) {
    const auto text = [&given](const char* name) { return cli::text_of(given, name); };
    FanoutOptions options;
    static_cast<CommonOptions&>(options) = common_from(program(), given);
    if (options.quick) options.scale = quick_scale;
    if (const auto peers = text("peers")) options.peers = split(*peers);
    if (const auto list = text("subscribers")) {
        options.subscribers = numbers("subscribers", *list, max_subscribers);
    }
    if (const auto list = text("sizes")) options.sizes = numbers("sizes", *list, max_size);
    options.flow.window = cli::whole_number("window", *text("window"), 1, 1'000'000);
    if (const auto lead = text("lead")) {
        options.flow.lead_bytes = cli::byte_count("lead", *lead, 1, 32U << 20);
    }
    check_peers(options);
    return options;
}

}  // namespace

bool FanoutOptions::has(std::string_view peer) const {
    return std::ranges::find(peers, peer) != peers.end();
}

std::optional<FanoutOptions> read_fanout_options(const std::vector<std::string>& arguments) {
    const auto given = read_arguments(program(), described_options(), arguments);
    return given ? std::optional{checked(*given)} : std::nullopt;
}

}  // namespace belfry::bench

#include "cluster/options.hpp"

#include "cli/command_line.hpp"
#include "wire/limits.hpp"
#include "wire/version.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <limits>
#include <string_view>
#include <utility>

namespace belfry::cluster {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::array<std::pair<std::string_view, Options::Command>, 5> commands{{
    {"run", Options::Command::run},
    {"join", Options::Command::join},
    {"check", Options::Command::check},
    {"reseed", Options::Command::reseed},
    {"add", Options::Command::add},
}};

/// etcd takes no larger value.
constexpr std::uint64_t max_max_payload = 1 << 20;

po::options_description described_options() {
    po::options_description options{"Options (one or two dashes; _ and - are the same)", 100};
    const auto text = [] { return po::value<std::string>(); };
    const auto defaults_to = [](const char* value) {
        return po::value<std::string>()->default_value(value);
    };
    // clang-format off
    options.add_options()
        ("data-dir", text()->value_name("DIR"), "data directory of the server")
        ("cluster", text()->value_name("URL,URL"), "servers of etcd, http:// or https://")
        ("cluster-cert", text()->value_name("FILE"), "certificate for etcd, in PEM")
        ("cluster-key", text()->value_name("FILE"), "private key of the certificate, in PEM")
        ("cluster-ca", text()->value_name("FILE"), "authorities that sign the certificates of etcd, in PEM; default: those of the system")
        ("cluster-user-file", text()->value_name("FILE"), "file with the line name:password, the user of etcd")
        ("cluster-name", defaults_to("belfry")->value_name("NAME"), "name of the cluster")
        ("node", text()->value_name("NAME"), "name of this node")
        ("node-address", text()->value_name("HOST:PORT"), "where clients reach this node")
        ("generation", text()->value_name("N"), "run: generation of the entry in the server's table of processes")
        ("max-payload", defaults_to("65536")->value_name("N"), "join, reseed: largest payload of a new cluster, in bytes")
        ("force", po::bool_switch(), "reseed: although other nodes may have stored more")
        ("json", po::bool_switch(), "check: print one JSON object")
        ("log-level", defaults_to("info")->value_name("WORD"), "log this level and the more severe ones: error, warning, info or debug")
        ("log-format", defaults_to("text")->value_name("WORD"), "text: one line per event; json: one object per line")
        ("version", po::bool_switch(), "print the version and exit")
        ("help", po::bool_switch(), "print this help and exit");
    // clang-format on
    return options;
}

std::string optional(const po::variables_map& given, const char* name) {
    return cli::text_of(given, name).value_or("");
}

EngineOptions engine_in(const po::variables_map& given) {
    EngineOptions engine;
    const std::string urls = cli::required_text(given, "cluster");
    boost::algorithm::split(engine.urls, urls, boost::algorithm::is_any_of(","));
    engine.certificate = optional(given, "cluster-cert");
    engine.key = optional(given, "cluster-key");
    engine.authorities = optional(given, "cluster-ca");
    engine.user_file = optional(given, "cluster-user-file");
    engine.cluster = cli::required_text(given, "cluster-name");
    return engine;
}

LogLevel log_level_in(const po::variables_map& given) {
    if (const auto level = log_level_named(cli::required_text(given, "log-level"))) return *level;
    throw UsageError{"--log-level must be error, warning, info or debug"};
}

LogFormat log_format_in(const po::variables_map& given) {
    if (const auto format = log_format_named(cli::required_text(given, "log-format")))
        return *format;
    throw UsageError{"--log-format must be text or json"};
}

Options::Command command_in(const std::vector<std::string>& words) {
    if (words.empty()) throw UsageError{"a command is missing: run, join, check, reseed or add"};
    const auto* const found = std::ranges::find(
        commands, words.front(), &std::pair<std::string_view, Options::Command>::first);
    if (found == commands.end()) throw UsageError{"unknown command '" + words.front() + "'"};
    const std::size_t expected = found->second == Options::Command::add ? 2 : 1;
    if (words.size() > expected) throw UsageError{"unexpected argument '" + words[expected] + "'"};
    return found->second;
}

/// Returns the name of the node that is to be added.
std::string added_in(const std::vector<std::string>& words) {
    if (words.size() < 2) throw UsageError{"add requires the NAME of a node"};
    if (wire::is_client_id(words[1])) return words[1];
    throw UsageError{"'" + words[1] + "' is not a name (1 to 32 of A-Z a-z 0-9 _ . -)"};
}

Options checked(const cli::CommandLine& line) {
    const po::variables_map& given = line.options;
    Options options;
    options.command = command_in(line.words);
    if (options.command == Options::Command::add) options.added = added_in(line.words);
    options.data_dir = cli::required_text(given, "data-dir");
    options.engine = engine_in(given);
    options.node = cli::required_text(given, "node");
    options.address = optional(given, "node-address");
    if (options.command == Options::Command::run) {
        options.generation = static_cast<std::uint32_t>(
            cli::whole_number("generation", cli::required_text(given, "generation"), 0,
                              std::numeric_limits<std::uint32_t>::max()));
    }
    options.max_payload = static_cast<std::uint32_t>(cli::whole_number(
        "max-payload", cli::required_text(given, "max-payload"), 1, max_max_payload));
    options.log_level = log_level_in(given);
    options.log_format = log_format_in(given);
    options.force = cli::is_set(given, "force");
    options.json = cli::is_set(given, "json");
    return options;
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    const cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        std::cout
            << "Usage: belfry-replica run|join|check|reseed|add --data-dir DIR --cluster URL,URL "
               "--node NAME [OPTIONS]\n\n"
               "Replicates the log of a node of a cluster, for belfryd, which starts it. See "
               "belfry-replica(8).\n\n"
            << described
            << "\nExit status: 0 on success, 1 if the replica could not continue or etcd "
               "does not answer,\n2 on a usage error or if the cluster refuses the node.\n";
        return {};
    }
    if (cli::is_set(line.options, "version")) {
        std::cout << "belfry-replica " << wire::version << '\n';
        return {};
    }
    return checked(line);
}

}  // namespace belfry::cluster

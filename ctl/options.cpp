#include "ctl/options.hpp"

#include "cli/command_line.hpp"
#include "wire/limits.hpp"
#include "wire/version.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iomanip>
#include <iostream>
#include <string_view>

namespace belfry::ctl {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

struct Subcommand {
    std::string_view name;     ///< one word or two
    std::string_view operand;  ///< empty: the command has no operand
    bool has_json;
    std::string_view help;
};

// clang-format off
constexpr std::array<Subcommand, 21> commands{{
    {"status", "", true,      "show the state of the server, its log and its clients"},
    {"top", "", false,        "show the same live on the terminal; q quits"},
    {"metrics", "", false,    "print the same in the text format of Prometheus"},
    {"log", "", true,         "print the messages in the ring; with --follow also new ones"},
    {"search", "TEXT", true,  "print the messages in the store that contain TEXT"},
    {"export", "", true,      "print the whole store as JSON, one object per line"},
    {"import", "FILE", false, "make a store from an export; - reads standard input"},
    {"recover", "", false,    "make a store from the segment of a server whose store is gone"},
    {"backup", "FILE", false, "copy the store into a new file, also while the server runs"},
    {"check", "", true,       "check that segment and store are intact; exit 1 if not"},
    {"reset-seq", "CLIENT", false, "lower a client's seq above 2^62, so that it can send again"},
    {"client add", "NAME", false, "let a client log in, and print its new secret"},
    {"client secret", "NAME", false, "give a client a new secret, and print it"},
    {"client remove", "NAME", false, "do not let a client log in any more"},
    {"client list", "", false,       "print the clients of the clients' file"},
    {"kick", "NAME", false,          "end the session of a client"},
    {"cluster status", "", true,     "show the cluster as this node sees it; exit 1 if it is not ok"},
    {"cluster add", "NODE", false,   "let etcd keep messages for a node that is to be added"},
    {"cluster reseed", "", false,    "begin the cluster again with this node's messages; needs a stopped server"},
    {"stop", "", false,       "stop the server cleanly, even if its supervisor is dead"},
    {"remove", "", false,     "delete the segment of a dead server"},
}};
// clang-format on

po::options_description described_options() {
    po::options_description options{"Options (one or two dashes; _ and - are the same)", 100};
    // clang-format off
    options.add_options()
        ("data-dir", po::value<std::string>()->default_value("belfry-data")->value_name("DIR"), "the server's data directory")
        ("json", po::bool_switch(), "print JSON: one object for status, cluster status and check --cluster, one per message for log, search and export")
        ("follow", po::bool_switch(), "log: keep printing new messages")
        ("segment", po::value<std::string>()->value_name("SHMID"), "recover: the segment's id, from ipcs -m or from the log of belfryd")
        ("clients", po::value<std::string>()->value_name("FILE"), "client: the clients' file; without this option, the one that the running server uses")
        ("ask", po::bool_switch(), "client add, client secret: ask for the secret instead of making one; read from standard input if that is no terminal")
        ("keep-old", po::bool_switch(), "client secret: the old secret stays valid too")
        ("cluster", po::bool_switch(), "check: compare the messages with those of the other nodes of the cluster")
        ("force", po::bool_switch(), "cluster reseed: even if another node has more messages, or cannot be asked")
        ("config", po::value<std::string>()->value_name("FILE"), "file with more options, one `name = value` per line")
        ("version", po::bool_switch(), "print the version and exit")
        ("help", po::bool_switch(), "print this help and exit");
    // clang-format on
    return options;
}

void print_help(const po::options_description& described) {
    std::cout << "Usage: belfryctl [OPTIONS] COMMAND\n\n"
                 "Inspects and manages the shared memory and the store of a Belfry server.\n\n";
    for (const Subcommand& command : commands) {
        const std::string words = std::string{command.name} + " " + std::string{command.operand};
        std::cout << "  " << std::left << std::setw(22) << words << command.help << '\n';
    }
    std::cout << '\n'
              << described
              << "\nExit status: 0 success, 1 failure or damage found, 2 usage error.\n";
}

/// Lists the commands for which `is_wanted` is true, as `status, log, ... or remove`.
template <class IsWanted>
std::string names(IsWanted is_wanted) {
    std::vector<std::string_view> wanted;
    for (const Subcommand& command : commands) {
        if (is_wanted(command)) wanted.push_back(command.name);
    }
    std::string text;
    for (const std::string_view name : wanted) {
        if (!text.empty()) text += name == wanted.back() ? " or " : ", ";
        text += name;
    }
    return text;
}

bool has_two_words(const Subcommand& command) {
    return command.name.find(' ') != std::string_view::npos;
}

/// Takes the words of the command off the words of the command line.
const Subcommand& take_command(std::vector<std::string>& words) {
    if (words.empty()) {
        throw UsageError{"missing command: expected " +
                         names([](const Subcommand&) { return true; })};
    }
    const std::string first = words.front();
    const std::string both = words.size() > 1 ? first + " " + words[1] : first;
    const auto* const found = std::ranges::find_if(commands, [&](const Subcommand& command) {
        return command.name == (has_two_words(command) ? both : first);
    });
    if (found == commands.end()) {
        const std::string begun =
            names([&](const Subcommand& command) { return command.name.starts_with(first + ' '); });
        throw UsageError{"unknown command '" + both + "'" +
                         (begun.empty() ? "" : ": expected " + begun)};
    }
    words.erase(words.begin(), words.begin() + (has_two_words(*found) ? 2 : 1));
    return *found;
}

/// Returns the only word after the command, if the command takes one; else an empty text.
std::string operand_in(const std::vector<std::string>& words, const Subcommand& command) {
    const std::string name{command.name};
    if (command.operand.empty()) {
        if (!words.empty()) throw UsageError{name + ": unexpected argument '" + words[0] + "'"};
        return {};
    }
    if (words.size() != 1 || words[0].empty()) {
        throw UsageError{name + " requires one " + std::string{command.operand}};
    }
    return words[0];
}

/// Returns the value of `--segment`; -1 for commands without this option.
int shmid_in(const cli::CommandLine& line, const Subcommand& command) {
    const auto text = cli::text_of(line.options, "segment");
    const bool is_wanted = command.name == "recover";
    if (text.has_value() != is_wanted) {
        throw UsageError{is_wanted ? "recover requires --segment SHMID"
                                   : "--segment is only for recover"};
    }
    if (!text) return -1;
    int shmid = -1;
    const char* const end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, shmid);
    if (error != std::errc{} || rest != end || shmid < 0) {
        throw UsageError{"--segment must be the id of a segment, not '" + *text + "'"};
    }
    return shmid;
}

/// Returns the value of `--clients`; an empty path without this option.
std::string clients_in(const cli::CommandLine& line) {
    const auto text = cli::text_of(line.options, "clients");
    if (text && text->empty()) throw UsageError{"--clients requires a file"};
    return text.value_or("");
}

/// Checks the options of `client`, which other commands do not take.
void require_client_options(const Options& options) {
    const bool is_client = options.command.starts_with("client ");
    const bool takes_secret = options.command == "client add" || options.command == "client secret";
    if (!is_client && !options.clients.empty()) throw UsageError{"--clients is only for client"};
    if (options.ask && !takes_secret) {
        throw UsageError{"--ask is only for client add and client secret"};
    }
    if (options.keep_old && options.command != "client secret") {
        throw UsageError{"--keep-old is only for client secret"};
    }
    if (is_client && !options.operand.empty() && !wire::is_client_id(options.operand)) {
        throw UsageError{"'" + options.operand +
                         "' is not a client-id (1 to 32 of A-Z a-z 0-9 _ . -)"};
    }
}

/// Checks the options of commands that need a cluster.
void require_cluster_options(const Options& options) {
    if (options.cluster && options.command != "check") {
        throw UsageError{"--cluster is only for check"};
    }
    if (options.json && options.command == "check" && !options.cluster) {
        throw UsageError{"--json is only for check --cluster"};
    }
    if (options.force && options.command != "cluster reseed") {
        throw UsageError{"--force is only for cluster reseed"};
    }
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        print_help(described);
        return {};
    }
    if (cli::is_set(line.options, "version")) {
        std::cout << "belfryctl " << wire::version << '\n';
        return {};
    }
    const Subcommand& command = take_command(line.words);
    const Options options{.data_dir = *cli::text_of(line.options, "data-dir"),
                          .command = std::string{command.name},
                          .operand = operand_in(line.words, command),
                          .shmid = shmid_in(line, command),
                          .json = cli::is_set(line.options, "json"),
                          .follow = cli::is_set(line.options, "follow"),
                          .clients = clients_in(line),
                          .ask = cli::is_set(line.options, "ask"),
                          .keep_old = cli::is_set(line.options, "keep-old"),
                          .cluster = cli::is_set(line.options, "cluster"),
                          .force = cli::is_set(line.options, "force")};
    if (options.json && !command.has_json) {
        throw UsageError{"--json is only for " +
                         names([](const Subcommand& one) { return one.has_json; })};
    }
    if (options.follow && options.command != "log") throw UsageError{"--follow is only for log"};
    require_client_options(options);
    require_cluster_options(options);
    return options;
}

}  // namespace belfry::ctl

#include "ctl/options.hpp"

#include "cli/command_line.hpp"
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
    std::string_view name;
    std::string_view operand;  ///< empty: the command has no operand
    bool has_json;
    std::string_view help;
};

// clang-format off
constexpr std::array<Subcommand, 13> commands{{
    {"status", "", true,      "what the server, its log and its clients are doing"},
    {"top", "", false,        "the same, live on the terminal; q quits"},
    {"metrics", "", false,    "the same for Prometheus, in its text format"},
    {"log", "", true,         "the messages that are in the ring; --follow: and those that come"},
    {"search", "TEXT", true,  "the messages in the store whose body contains TEXT"},
    {"export", "", true,      "the whole store as JSON, one object a line"},
    {"import", "FILE", false, "make a store from an export; - is standard input"},
    {"recover", "", false,    "make a store from the segment of a server whose store is gone"},
    {"backup", "FILE", false, "copy the store into a new file, also of a running server"},
    {"check", "", false,      "prove the invariants; exit 1 if one is broken"},
    {"reset-seq", "CLIENT", false, "set a client's seq above 2^62 back, so that it can send again"},
    {"stop", "", false,       "end the server cleanly, also one whose supervisor is dead"},
    {"remove", "", false,     "delete a dead server's segment"},
}};
// clang-format on

po::options_description described_options() {
    po::options_description options{"Options (one dash or two, _ and - alike)", 100};
    // clang-format off
    options.add_options()
        ("data-dir", po::value<std::string>()->default_value("belfry-data")->value_name("DIR"), "the server's data directory")
        ("json", po::bool_switch(), "status as one JSON object; log, search and export one a message")
        ("follow", po::bool_switch(), "log: go on with the messages as they pass")
        ("segment", po::value<std::string>()->value_name("SHMID"), "recover: the segment's id, as ipcs -m and belfryd name it")
        ("config", po::value<std::string>()->value_name("FILE"), "more options, one `name = value` a line")
        ("version", po::bool_switch(), "print the version, and exit")
        ("help", po::bool_switch(), "print this, and exit");
    // clang-format on
    return options;
}

void print_help(const po::options_description& described) {
    std::cout << "belfryctl [OPTIONS] COMMAND\n"
                 "Looks at the shared memory and the store of a running or a dead server.\n\n";
    for (const Subcommand& command : commands) {
        const std::string words = std::string{command.name} + " " + std::string{command.operand};
        std::cout << "  " << std::left << std::setw(17) << words << command.help << '\n';
    }
    std::cout << '\n'
              << described << "\nExit status: 0 done, 1 not done or broken, 2 for bad usage.\n";
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

const Subcommand& command_in(const std::vector<std::string>& words) {
    if (words.empty()) {
        throw UsageError{"name one command: " + names([](const Subcommand&) { return true; })};
    }
    const auto* const found = std::ranges::find(commands, words.front(), &Subcommand::name);
    if (found == commands.end()) throw UsageError{"unknown command '" + words.front() + "'"};
    return *found;
}

/// Returns the word behind the command, if the command takes one; else an empty text.
std::string operand_in(const std::vector<std::string>& words, const Subcommand& command) {
    const std::string name{command.name};
    if (command.operand.empty()) {
        if (words.size() > 1) throw UsageError{name + " takes no '" + words[1] + "'"};
        return {};
    }
    if (words.size() != 2 || words[1].empty()) {
        throw UsageError{name + " takes one " + std::string{command.operand}};
    }
    return words[1];
}

/// Returns the value of `--segment`; -1 for commands without this option.
int shmid_in(const cli::CommandLine& line, const Subcommand& command) {
    const auto text = cli::text_of(line.options, "segment");
    const bool is_wanted = command.name == "recover";
    if (text.has_value() != is_wanted) {
        throw UsageError{is_wanted ? "recover needs --segment SHMID"
                                   : "--segment goes with recover"};
    }
    if (!text) return -1;
    int shmid = -1;
    const char* const end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, shmid);
    if (error != std::errc{} || rest != end || shmid < 0) {
        throw UsageError{"--segment: '" + *text + "' is not the id of a segment"};
    }
    return shmid;
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
    const Subcommand& command = command_in(line.words);
    Options options{*cli::text_of(line.options, "data-dir"), std::string{command.name},
                    operand_in(line.words, command),         shmid_in(line, command),
                    cli::is_set(line.options, "json"),       cli::is_set(line.options, "follow")};
    if (options.json && !command.has_json) {
        throw UsageError{"--json goes with " +
                         names([](const Subcommand& one) { return one.has_json; })};
    }
    if (options.follow && options.command != "log") throw UsageError{"--follow goes with log"};
    return options;
}

}  // namespace belfry::ctl

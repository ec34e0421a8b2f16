#include "server/options.hpp"

#include "cli/command_line.hpp"
#include "shm/log_writer.hpp"
#include "shm/words.hpp"
#include "wire/limits.hpp"
#include "wire/version.hpp"

#include <boost/algorithm/string/split.hpp>

#include <algorithm>
#include <iostream>

namespace belfry::server {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::uint64_t min_ring = 64ULL << 10;
constexpr std::uint64_t max_ring = 1ULL << 40;
constexpr std::uint64_t max_days = 36'500;
constexpr std::uint64_t max_max_clients = 100'000;
constexpr std::uint64_t max_max_waiting = 1'000'000;

po::options_description described_options() {
    po::options_description options{"Options (one or two dashes; _ and - are the same)", 100};
    const auto text = [] { return po::value<std::string>(); };
    const auto defaults_to = [](const char* value) {
        return po::value<std::string>()->default_value(value);
    };
    // clang-format off
    options.add_options()
        ("client-ids", text()->value_name("1,2,3"), "the clients that may log in")
        ("clients", text()->value_name("FILE"), "file of the clients that may log in, with their secrets")
        ("port", defaults_to("5000")->value_name("N"), "port to listen on; 0 lets the system choose one")
        ("port-file", text()->value_name("FILE"), "file that holds the port while the server runs")
        ("listen", defaults_to("127.0.0.1")->value_name("ADDR"), "IPv4 or IPv6 address to listen on");
    describe_gate_options(options);
    describe_cluster_options(options);
    options.add_options()
        ("data-dir", defaults_to("belfry-data")->value_name("DIR"), "directory of the database and the lock files")
        ("durability", defaults_to("commit")->value_name("WORD"), "commit: store a message before showing it; async: show it before storing it; memory: no store")
        ("keep-messages", text()->value_name("N"), "keep about the newest N messages in the store (default: all)")
        ("keep-days", text()->value_name("D"), "keep the messages of the last D days (default: all)")
        ("ring-size", defaults_to("64M")->value_name("SIZE"), "bytes of messages kept in shared memory")
        ("max-clients", defaults_to("1024")->value_name("N"), "clients that may be online at once")
        ("max-waiting", defaults_to("16384")->value_name("N"), "connections that may wait without having sent anything; a quarter of them from one address")
        ("max-payload", defaults_to("64K")->value_name("SIZE"), "largest message; at most an eighth of the ring, and 16M")
        ("log-level", defaults_to("info")->value_name("WORD"), "log this level and the more severe ones: error, warning, info or debug")
        ("log-format", defaults_to("text")->value_name("WORD"), "text: one line per event; json: one object per line")
        ("config", text()->value_name("FILE"), "file with more options, one `name = value` per line")
        ("check", po::bool_switch(), "check the configuration and exit")
        ("version", po::bool_switch(), "print the version and exit")
        ("help", po::bool_switch(), "print this help and exit");
    // clang-format on
    return options;
}

std::vector<std::string> client_ids_in(const po::variables_map& options) {
    const auto list = cli::text_of(options, "client-ids");
    if (!list && cli::text_of(options, "clients")) return {};
    if (!list) throw UsageError{"option --client-ids is missing (example: 1,2,3)"};
    std::vector<std::string> ids;
    boost::algorithm::split(ids, *list, [](char c) { return c == ','; });
    for (const std::string& id : ids) {
        if (wire::is_client_id(id)) continue;
        throw UsageError{
            "--client-ids: '" + id + "' is not a client-id (1 to 32 of A-Z a-z 0-9 _ . -)",
            "client-ids"};
    }
    std::vector<std::string> sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) {
        throw UsageError{"--client-ids: '" + *twice + "' is listed twice", "client-ids"};
    }
    return ids;
}

shm::Durability durability_in(const po::variables_map& options) {
    const std::string word = *cli::text_of(options, "durability");
    if (const auto durability = shm::durability_named(word)) return *durability;
    throw UsageError{"--durability must be commit, async or memory, not '" + word + "'",
                     "durability"};
}

LogLevel log_level_in(const po::variables_map& options) {
    const std::string word = *cli::text_of(options, "log-level");
    if (const auto level = log_level_named(word)) return *level;
    throw UsageError{"--log-level must be error, warning, info or debug, not '" + word + "'",
                     "log-level"};
}

LogFormat log_format_in(const po::variables_map& options) {
    const std::string word = *cli::text_of(options, "log-format");
    if (const auto format = log_format_named(word)) return *format;
    throw UsageError{"--log-format must be text or json, not '" + word + "'", "log-format"};
}

/// @return 0 if the option is not given
std::uint64_t retention_in(const po::variables_map& options, const char* name, std::uint64_t most) {
    const auto given = cli::text_of(options, name);
    return given ? cli::whole_number(name, *given, 1, most) : 0;
}

std::filesystem::path data_dir_in(const po::variables_map& options) {
    std::filesystem::path path = *cli::text_of(options, "data-dir");
    if (path.empty()) throw UsageError{"--data-dir must not be empty"};
    return path;
}

/// A node of a cluster stores what it shows, and the engine takes no larger message.
void require_cluster_limits(const Options& options, const std::string& max_payload) {
    if (options.durability != shm::Durability::commit) {
        throw UsageError{"--cluster needs --durability commit", "durability"};
    }
    if (options.max_payload > max_cluster_payload) {
        throw UsageError{"--max-payload " + max_payload + " is above 1M, the limit of a cluster",
                         "max-payload"};
    }
}

Options checked(const po::variables_map& given) {
    const auto text = [&given](const char* name) { return *cli::text_of(given, name); };
    Options options;
    options.client_ids = client_ids_in(given);
    options.clients_file = cli::text_of(given, "clients");
    options.listen = address_in(given, "listen");
    options.port = static_cast<std::uint16_t>(cli::whole_number("port", text("port"), 0, 65535));
    options.port_file = cli::text_of(given, "port-file");
    options.gate = gate_options_in(given, options.listen);
    options.cluster = cluster_options_in(given);
    options.data_dir = data_dir_in(given);
    options.durability = durability_in(given);
    options.keep_messages = retention_in(given, "keep-messages", shm::max_id);
    options.keep_days = retention_in(given, "keep-days", max_days);
    if (options.durability == shm::Durability::memory &&
        (options.keep_messages != 0 || options.keep_days != 0)) {
        throw UsageError{"--keep-messages and --keep-days need a store, not memory",
                         options.keep_messages != 0 ? "keep-messages" : "keep-days"};
    }
    options.ring_bytes = cli::byte_count("ring-size", text("ring-size"), min_ring, max_ring);
    options.max_clients = static_cast<std::uint32_t>(
        cli::whole_number("max-clients", text("max-clients"), 1, max_max_clients));
    options.max_waiting = static_cast<std::uint32_t>(
        cli::whole_number("max-waiting", text("max-waiting"), 1, max_max_waiting));
    if (options.gate) options.gate->max_waiting = options.max_waiting;
    options.max_payload = static_cast<std::uint32_t>(
        cli::byte_count("max-payload", text("max-payload"), 1, wire::max_discard));
    if (options.cluster) require_cluster_limits(options, text("max-payload"));
    if (!shm::LogWriter::payload_fits(options.ring_bytes, options.max_payload)) {
        throw UsageError{"--max-payload " + text("max-payload") +
                             " is more than an eighth of --ring-size " + text("ring-size"),
                         "max-payload"};
    }
    options.log_level = log_level_in(given);
    options.log_format = log_format_in(given);
    options.config = cli::text_of(given, "config");
    options.check = cli::is_set(given, "check");
    return options;
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    const cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        std::cout
            << "Usage: belfryd -client_ids 1,2,3 -port N [OPTIONS]\n\n"
               "Serves messages to a fixed list of clients. See belfryd(8).\n\n"
            << described
            << "\nExit status: 0 after a clean stop, 1 if the server could not start or continue,\n"
               "2 on a usage or configuration error.\n";
        return {};
    }
    if (cli::is_set(line.options, "version")) {
        std::cout << "belfryd " << wire::version << '\n';
        return {};
    }
    if (!line.words.empty()) throw UsageError{"unexpected argument '" + line.words.front() + "'"};
    try {
        return checked(line.options);
    } catch (const UsageError& error) {
        throw cli::with_origin(error, line);
    }
}

void require_files(const Options& options) {
    if (options.cluster) require_cluster_files(*options.cluster);
}

auth::KnownClients read_clients(const Options& options) {
    try {
        return auth::KnownClients{options.client_ids, options.clients_file};
    } catch (const auth::ClientsFileError& error) {
        throw UsageError{error.what(), "clients"};
    }
}

}  // namespace belfry::server

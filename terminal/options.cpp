#include "terminal/options.hpp"

#include "cli/command_line.hpp"
#include "terminal/commands.hpp"
#include "terminal/servers.hpp"
#include "terminal/user_files.hpp"

#include <unistd.h>

#include <boost/program_options/variables_map.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>

namespace belfry::terminal {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

po::options_description described_options() {
    const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
    po::options_description known{"Options (one or two dashes; _ and - are the same)", 100};
    known.add_options()                            //
        ("client-id", text("ID"), "log in as ID")  //
        ("server-ip", text("ADDR")->default_value("127.0.0.1"),
         "address or name of the server, or several with commas, which are tried one after the "
         "other; each may have a port: NAME:N")                                           //
        ("port", text("N")->default_value("5000"), "port of the servers that name none")  //
        ("tls", po::bool_switch(), "use TLS, and verify the server's certificate")        //
        ("tls-ca", text("FILE"),
         "trust the authorities in FILE, instead of the system's; this and the next three options "
         "turn --tls on")  //
        ("tls-name", text("NAME"),
         "name that the certificate must have, instead of the server's")  //
        ("tls-cert", text("FILE"), "certificate of this client")          //
        ("tls-key", text("FILE"), "key of --tls-cert")                    //
        ("secret-file", text("FILE"),
         "file with the secret of the client-id, which only its owner may read; without one, the "
         "secret is the value of BELFRY_SECRET, or is asked for on a terminal")  //
        ("follow", po::bool_switch(),
         "stay after the end of standard input; never give up reconnecting")  //
        ("count", text("N"),
         "exit after N messages from other clients; the lines that standard input holds by "
         "then are accepted first")                                               //
        ("timeout", text("S"), "exit with status 5 if not done after S seconds")  //
        ("peek", po::bool_switch(),
         "acknowledge nothing, so that the same messages come again next time")     //
        ("json", po::bool_switch(), "print messages as JSON, one object per line")  //
        ("color", text("WHEN")->default_value("auto"),
         "auto, always or never; auto: on a terminal, unless NO_COLOR is set")  //
        ("config", text("FILE"),
         "file with more options, instead of ~/.config/belfry.conf")  //
        ("version", po::bool_switch(), "print the version and exit")  //
        ("help", po::bool_switch(), "print this help and exit");
    return known;
}

std::string client_id_in(const po::variables_map& values) {
    if (values.count("client-id") == 0) throw UsageError{"option --client-id is missing"};
    auto text = values["client-id"].as<std::string>();
    if (is_client_id(text)) return text;
    throw UsageError{"'" + text + "' is not a client-id: 1 to 32 of A-Z a-z 0-9 _ . -",
                     "client-id"};
}

std::vector<ServerAddress> servers_in(const po::variables_map& values) {
    const auto port = cli::whole_number("port", *cli::text_of(values, "port"), 1, 65535);
    return read_servers(values["server-ip"].as<std::string>(), std::to_string(port));
}

// An option that makes sense only with TLS turns it on, so that forgetting --tls sends nothing in
// clear. `--tls=false` wins.
std::optional<Tls> tls_in(const po::variables_map& values) {
    const auto text = [&values](const char* name) {
        return cli::text_of(values, name).value_or("");
    };
    Tls options{.ca = text("tls-ca"),
                .name = text("tls-name"),
                .certificate = text("tls-cert"),
                .key = text("tls-key")};
    if (options.certificate.empty() != options.key.empty()) {
        throw UsageError{"--tls-cert and --tls-key need each other",
                         options.key.empty() ? "tls-cert" : "tls-key"};
    }
    const bool is_implied = values["tls"].defaulted() && options != Tls{};
    if (!cli::is_set(values, "tls") && !is_implied) return std::nullopt;
    return options;
}

std::optional<std::uint64_t> count_in(const po::variables_map& values) {
    const auto text = cli::text_of(values, "count");
    if (!text) return std::nullopt;
    return cli::whole_number("count", *text, 1, std::numeric_limits<std::uint64_t>::max());
}

std::optional<base::Duration> timeout_in(const po::variables_map& values) {
    // Limits the value to what a Duration can hold. Nobody waits longer.
    constexpr double longest = 1e9;
    const auto text = cli::text_of(values, "timeout");
    if (!text) return std::nullopt;
    double seconds{};
    const char* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, seconds);
    if (error != std::errc{} || rest != end || !std::isfinite(seconds) || seconds <= 0) {
        throw UsageError{"--timeout must be a number of seconds above 0, not '" + *text + "'",
                         "timeout"};
    }
    return std::chrono::ceil<base::Duration>(
        std::chrono::duration<double>{std::min(seconds, longest)});
}

// `always` from a default file or a variable is meant for the terminal. It must not add colours to
// the input of a script.
ColourMode colour_in(const cli::CommandLine& line) {
    const auto text = line.options["color"].as<std::string>();
    if (text == "always" && cli::is_default(line, "color") && ::isatty(STDOUT_FILENO) == 0) {
        return ColourMode::automatic;
    }
    if (text == "auto") return ColourMode::automatic;
    if (text == "always") return ColourMode::always;
    if (text == "never") return ColourMode::never;
    throw UsageError{"--color must be auto, always or never, not '" + text + "'", "color"};
}

Options only(Options::Action action) {
    Options options;
    options.action = action;
    return options;
}

Options checked(const cli::CommandLine& line) {
    const auto& values = line.options;
    return {.action = Options::Action::run,
            .client_id = client_id_in(values),
            .destination = {.servers = servers_in(values), .tls = tls_in(values)},
            .secret_file = cli::text_of(values, "secret-file").value_or(""),
            .secret_file_is_default = cli::is_default(line, "secret-file"),
            .json = cli::is_set(values, "json"),
            .follow = cli::is_set(values, "follow"),
            .peek = cli::is_set(values, "peek"),
            .colour = colour_in(line),
            .count = count_in(values),
            .timeout = timeout_in(values)};
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
    const cli::CommandLine line = cli::parse(
        arguments, described_options(), {.environment_prefix = "BELFRY_", .file = config_path()});
    const auto& values = line.options;
    if (cli::is_set(values, "help")) return only(Options::Action::help);
    if (cli::is_set(values, "version")) return only(Options::Action::version);
    if (!line.words.empty()) throw UsageError{"unexpected argument '" + line.words.front() + "'"};
    try {
        return checked(line);
    } catch (const UsageError& error) {
        throw cli::with_origin(error, line);
    }
}

std::string help() {
    std::ostringstream text;
    text << "Usage: belfry -client_id ID [-server_ip ADDR] [-port N] [OPTIONS]\n\n"
            "Sends the lines of standard input to a Belfry server and prints the messages of\n"
            "other clients. It exits after standard input has ended, all lines have been\n"
            "accepted, and all waiting messages have been printed. On a terminal it is\n"
            "interactive: you edit a line at the bottom, and messages appear above it.\n\n"
         << described_options()
         << "\nEach option can also be set by an environment variable (BELFRY_CLIENT_ID, ...) or\n"
            "in ~/.config/belfry.conf. The command line wins over the file that its --config\n"
            "names, that file over the environment, and the environment over\n"
            "~/.config/belfry.conf. --follow=false and the like turn a switch off.\n"
         << "\nCommands of the interactive client:\n"
         << typed::overview()
         << "\nExit status:\n"
            "  0  success: all lines were accepted\n"
            "  1  error on standard input or output\n"
            "  2  usage error\n"
            "  3  login refused\n"
            "  4  no connection\n"
            "  5  timed out (--timeout)\n"
            "  6  a line was not accepted\n"
            "  7  taken over by a later login of the same client-id\n"
            "  128 + N  ended by signal N\n";
    return text.str();
}

}  // namespace belfry::terminal

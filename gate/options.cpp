#include "gate/options.hpp"

#include "base/web_origin.hpp"
#include "cli/command_line.hpp"
#include "wire/version.hpp"

#include <iostream>
#include <limits>
#include <utility>

namespace belfry::gate {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

po::options_description described_options() {
    po::options_description options{"Options (one or two dashes; _ and - are the same)", 100};
    const auto text = [] { return po::value<std::string>(); };
    const auto defaults_to = [](const char* value) {
        return po::value<std::string>()->default_value(value);
    };
    // clang-format off
    options.add_options()
        ("tls-cert", text()->value_name("FILE"), "certificate of the server, and those of the authorities above it, in PEM")
        ("tls-key", text()->value_name("FILE"), "private key of the certificate, in PEM")
        ("tls-client-ca", text()->value_name("FILE"), "authorities that sign certificates of clients, in PEM")
        ("tls-client-crl", text()->value_name("FILE"), "list of revoked certificates of clients, in PEM")
        ("gate-socket", text()->value_name("PATH"), "socket on which belfryd accepts relays")
        ("tls-fd", text()->value_name("N"), "inherited socket that listens for TLS connections")
        ("web-fd", text()->value_name("N"), "inherited socket that listens for browsers")
        ("web-tls", text()->value_name("on|off"), "whether browsers connect by TLS; default: on with a certificate")
        ("web-proxy", text()->value_name("ADDR"), "address of a reverse proxy that names its clients by X-Forwarded-For")
        ("web-origin", po::value<std::vector<std::string>>()->composing()->value_name("URL"), "further origin whose pages may connect; may be repeated")
        ("supervisor-fd", text()->value_name("N"), "inherited socket for reports to belfryd")
        ("max-waiting", defaults_to("16384")->value_name("N"), "connections that may wait for their first byte")
        ("log-level", defaults_to("info")->value_name("WORD"), "log this level and the more severe ones: error, warning, info or debug")
        ("log-format", defaults_to("text")->value_name("WORD"), "text: one line per event; json: one object per line")
        ("check", po::bool_switch(), "check certificate and key, and exit")
        ("version", po::bool_switch(), "print the version and exit")
        ("help", po::bool_switch(), "print this help and exit");
    // clang-format on
    return options;
}

int descriptor_in(const po::variables_map& given, const char* name) {
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
    return static_cast<int>(cli::whole_number(name, cli::required_text(given, name), 3, max));
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

/// Returns the files; nothing if no certificate is given.
std::optional<CredentialFiles> files_in(const po::variables_map& given) {
    const bool has_any = cli::text_of(given, "tls-cert") || cli::text_of(given, "tls-key") ||
                         cli::text_of(given, "tls-client-ca") ||
                         cli::text_of(given, "tls-client-crl");
    if (!has_any) return {};
    CredentialFiles files;
    files.certificate = cli::required_text(given, "tls-cert");
    files.key = cli::required_text(given, "tls-key");
    files.client_authorities = cli::text_of(given, "tls-client-ca");
    files.client_revocations = cli::text_of(given, "tls-client-crl");
    if (files.client_revocations && !files.client_authorities) {
        throw UsageError{"--tls-client-crl needs --tls-client-ca"};
    }
    return files;
}

bool is_web_secure(const po::variables_map& given, bool has_certificate) {
    const std::string word =
        cli::text_of(given, "web-tls").value_or(has_certificate ? "on" : "off");
    if (word != "on" && word != "off") throw UsageError{"--web-tls must be on or off"};
    if (word == "off") return false;
    if (!has_certificate) throw UsageError{"--web-tls on needs --tls-cert and --tls-key"};
    return true;
}

std::vector<std::string> web_origins_in(const po::variables_map& given) {
    std::vector<std::string> origins;
    for (const std::string& text : cli::texts_of(given, "web-origin")) {
        auto origin = base::web_origin(text);
        if (!origin) throw UsageError{"--web-origin '" + text + "' is not http(s)://HOST[:PORT]"};
        origins.push_back(*std::move(origin));
    }
    return origins;
}

WebSettings web_settings_in(const po::variables_map& given, bool has_certificate) {
    WebSettings settings{
        .origins = WebOrigins{is_web_secure(given, has_certificate), web_origins_in(given)},
        .proxy = {}};
    if (const auto proxy = cli::text_of(given, "web-proxy")) {
        settings.proxy = base::parse_address(*proxy);
        if (!settings.proxy) throw UsageError{"--web-proxy '" + *proxy + "' is not an IP address"};
    }
    return settings;
}

/// Reads which sockets the gate has inherited, and what they need.
void read_listeners(const po::variables_map& given, Options& options) {
    if (cli::text_of(given, "tls-fd")) {
        options.tls_fd = descriptor_in(given, "tls-fd");
        if (!options.files) throw UsageError{"--tls-fd needs --tls-cert and --tls-key"};
    }
    if (cli::text_of(given, "web-fd")) {
        options.web_fd = descriptor_in(given, "web-fd");
        options.web = web_settings_in(given, options.files.has_value());
    }
    if (options.tls_fd == -1 && options.web_fd == -1) {
        throw UsageError{"one of --tls-fd and --web-fd is missing"};
    }
}

Options checked(const po::variables_map& given) {
    constexpr std::uint64_t max_max_waiting = 1'000'000;
    Options options;
    options.files = files_in(given);
    options.check = cli::is_set(given, "check");
    if (options.check) {
        if (!options.files) throw UsageError{"option --tls-cert is missing"};
        return options;
    }
    options.gate_socket = cli::required_text(given, "gate-socket");
    read_listeners(given, options);
    options.supervisor_fd = descriptor_in(given, "supervisor-fd");
    options.max_waiting = cli::whole_number("max-waiting", cli::required_text(given, "max-waiting"),
                                            1, max_max_waiting);
    options.log_level = log_level_in(given);
    options.log_format = log_format_in(given);
    return options;
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
    const po::options_description described = described_options();
    const cli::CommandLine line = cli::parse(arguments, described);
    if (cli::is_set(line.options, "help")) {
        std::cout << "Usage: belfry-gate --check --tls-cert FILE --tls-key FILE [OPTIONS]\n\n"
                     "Accepts TLS connections and browsers for belfryd, which starts it. See "
                     "belfry-gate(8).\n\n"
                  << described
                  << "\nExit status: 0 after a stop, 1 if the gate could not continue,\n"
                     "2 on a usage error or a file that cannot be used.\n";
        return {};
    }
    if (cli::is_set(line.options, "version")) {
        std::cout << "belfry-gate " << wire::version << '\n';
        return {};
    }
    if (!line.words.empty()) throw UsageError{"unexpected argument '" + line.words.front() + "'"};
    return checked(line.options);
}

}  // namespace belfry::gate

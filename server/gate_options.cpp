#include "server/gate_options.hpp"

#include "base/endpoint.hpp"
#include "base/web_origin.hpp"
#include "cli/command_line.hpp"

#include <array>
#include <span>

namespace belfry::server {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::array for_tls_port{"tls-listen", "tls-client-ca", "tls-client-crl"};
constexpr std::array for_web_port{"web-listen", "web-tls", "web-proxy", "web-origin"};

/// The options of a port of the gate.
struct PortNames {
    const char* port;
    const char* listen;
    std::span<const char* const> dependent;  ///< those that are of no use without the port
};

constexpr PortNames tls_names{"tls-port", "tls-listen", for_tls_port};
constexpr PortNames web_names{"web-port", "web-listen", for_web_port};

std::string dashed(const char* name) {
    return "--" + std::string{name};
}

[[noreturn]] void refuse_without(const char* name, const std::string& needed) {
    throw UsageError{dashed(name) + " needs " + needed, name};
}

bool is_given(const po::variables_map& options, const char* name) {
    return options.count(name) != 0;
}

/// @param listen the default
/// @return nothing if the port is not given
std::optional<GatePort> port_in(const po::variables_map& options, const PortNames& names,
                                const std::string& listen) {
    const auto port = cli::text_of(options, names.port);
    if (!port) {
        for (const char* const name : names.dependent) {
            if (is_given(options, name)) refuse_without(name, dashed(names.port));
        }
        return {};
    }
    return GatePort{is_given(options, names.listen) ? address_in(options, names.listen) : listen,
                    static_cast<std::uint16_t>(cli::whole_number(names.port, *port, 0, 65535))};
}

/// Returns the value of `--web-tls`, which is on by default if there is a certificate.
bool web_tls_in(const po::variables_map& options) {
    const auto word = cli::text_of(options, "web-tls");
    if (!word) return is_given(options, "tls-cert");
    if (*word == "on") return true;
    if (*word == "off") return false;
    throw UsageError{"--web-tls must be on or off, not '" + *word + "'", "web-tls"};
}

std::vector<std::string> origins_in(const po::variables_map& options) {
    std::vector<std::string> origins;
    for (const std::string& text : cli::texts_of(options, "web-origin")) {
        auto origin = base::web_origin(text);
        if (!origin) {
            throw UsageError{
                "--web-origin must be like https://chat.example.org, not '" + text + "'",
                "web-origin", origins.size()};
        }
        origins.push_back(*std::move(origin));
    }
    return origins;
}

/// Makes sure that certificate and key are given together, and for each port that needs them.
void check_files(const GateOptions& gate) {
    if (gate.tls && !gate.certificate) refuse_without("tls-port", "--tls-cert");
    if (gate.tls && !gate.key) refuse_without("tls-port", "--tls-key");
    if (gate.certificate && !gate.key) refuse_without("tls-cert", "--tls-key");
    if (gate.key && !gate.certificate) refuse_without("tls-key", "--tls-cert");
    if (gate.web_tls && !gate.certificate) {
        throw UsageError{"--web-tls on needs --tls-cert", "web-tls"};
    }
    if (gate.client_crl && !gate.client_ca) refuse_without("tls-client-crl", "--tls-client-ca");
}

void append(std::vector<std::string>& arguments, const char* name,
            const std::optional<std::filesystem::path>& file) {
    if (file) arguments.insert(arguments.end(), {dashed(name), file->string()});
}

}  // namespace

void describe_gate_options(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    const auto texts = [] { return po::value<std::vector<std::string>>()->composing(); };
    // clang-format off
    options.add_options()
        ("tls-port", text()->value_name("N"), "port for TLS connections; 0 lets the system choose one (default: no TLS)")
        ("tls-listen", text()->value_name("ADDR"), "address for TLS connections (default: that of --listen)")
        ("tls-cert", text()->value_name("FILE"), "certificate and the authorities between it and the root, in PEM form")
        ("tls-key", text()->value_name("FILE"), "private key of the certificate, in PEM form")
        ("tls-client-ca", text()->value_name("FILE"), "authorities that sign certificates of clients, for the TLS port")
        ("tls-client-crl", text()->value_name("FILE"), "certificates that these authorities have revoked")
        ("web-port", text()->value_name("N"), "port for browsers; 0 lets the system choose one (default: no page)")
        ("web-listen", text()->value_name("ADDR"), "address for browsers (default: that of --listen)")
        ("web-tls", text()->value_name("WORD"), "on: https; off: http (default: on if there is a certificate)")
        ("web-proxy", text()->value_name("ADDR"), "address of a reverse proxy whose X-Forwarded-For is believed")
        ("web-origin", texts()->value_name("URL"), "origin of other pages that may connect; can be repeated");
    // clang-format on
}

std::optional<GateOptions> gate_options_in(const po::variables_map& options,
                                           const std::string& listen) {
    GateOptions gate;
    gate.tls = port_in(options, tls_names, listen);
    gate.web = port_in(options, web_names, listen);
    if (!gate.tls && !gate.web) {
        for (const char* const file : {"tls-cert", "tls-key"}) {
            if (is_given(options, file)) refuse_without(file, "--tls-port or --web-port");
        }
        return {};
    }
    gate.certificate = cli::text_of(options, "tls-cert");
    gate.key = cli::text_of(options, "tls-key");
    gate.client_ca = cli::text_of(options, "tls-client-ca");
    gate.client_crl = cli::text_of(options, "tls-client-crl");
    gate.web_tls = gate.web && web_tls_in(options);
    if (is_given(options, "web-proxy")) gate.web_proxy = address_in(options, "web-proxy");
    gate.web_origins = origins_in(options);
    check_files(gate);
    return gate;
}

std::string address_in(const po::variables_map& options, const char* name) {
    std::string address = *cli::text_of(options, name);
    if (base::parse_address(address)) return address;
    throw UsageError{
        "--" + std::string{name} + " must be an IPv4 or IPv6 address, not '" + address + "'", name};
}

std::vector<std::string> certificate_arguments(const GateOptions& options) {
    std::vector<std::string> arguments;
    append(arguments, "tls-cert", options.certificate);
    append(arguments, "tls-key", options.key);
    append(arguments, "tls-client-ca", options.client_ca);
    append(arguments, "tls-client-crl", options.client_crl);
    return arguments;
}

std::vector<std::string> web_arguments(const GateOptions& options) {
    if (!options.web) return {};
    std::vector<std::string> arguments{"--web-tls", options.web_tls ? "on" : "off"};
    if (options.web_proxy) arguments.insert(arguments.end(), {"--web-proxy", *options.web_proxy});
    for (const std::string& origin : options.web_origins) {
        arguments.insert(arguments.end(), {"--web-origin", origin});
    }
    return arguments;
}

std::vector<std::pair<std::string_view, bool>> gate_differences(
    const std::optional<GateOptions>& now, const std::optional<GateOptions>& next) {
    const GateOptions a = now.value_or(GateOptions{});
    const GateOptions b = next.value_or(GateOptions{});
    const auto listen = [](const auto& port) { return port ? port->listen : ""; };
    const auto number = [](const auto& port) {
        return port ? std::optional{port->port} : std::nullopt;
    };
    return {
        {"tls-port", number(a.tls) != number(b.tls)},
        {"tls-listen", listen(a.tls) != listen(b.tls)},
        {"tls-cert", a.certificate != b.certificate},
        {"tls-key", a.key != b.key},
        {"tls-client-ca", a.client_ca != b.client_ca},
        {"tls-client-crl", a.client_crl != b.client_crl},
        {"web-port", number(a.web) != number(b.web)},
        {"web-listen", listen(a.web) != listen(b.web)},
        {"web-tls", a.web_tls != b.web_tls},
        {"web-proxy", a.web_proxy != b.web_proxy},
        {"web-origin", a.web_origins != b.web_origins},
    };
}

}  // namespace belfry::server

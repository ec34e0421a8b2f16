#include "server/gate_options.hpp"

#include "cli/command_line.hpp"

#include <arpa/inet.h>

#include <array>

namespace belfry::server {
namespace {

namespace po = boost::program_options;
using cli::UsageError;

constexpr std::array others{"tls-listen", "tls-cert", "tls-key", "tls-client-ca", "tls-client-crl"};

std::filesystem::path needed_file(const po::variables_map& options, const char* name) {
    if (const auto file = cli::text_of(options, name)) return *file;
    throw UsageError{"--tls-port needs --" + std::string{name}, "tls-port"};
}

void refuse_without_port(const po::variables_map& options) {
    for (const char* const name : others) {
        if (!cli::text_of(options, name)) continue;
        throw UsageError{"--" + std::string{name} + " needs --tls-port", name};
    }
}

}  // namespace

void describe_gate_options(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    // clang-format off
    options.add_options()
        ("tls-port", text()->value_name("N"), "port for TLS connections; 0 lets the system choose one (default: no TLS)")
        ("tls-listen", text()->value_name("ADDR"), "address for TLS connections (default: that of --listen)")
        ("tls-cert", text()->value_name("FILE"), "certificate and the authorities between it and the root, in PEM form")
        ("tls-key", text()->value_name("FILE"), "private key of the certificate, in PEM form")
        ("tls-client-ca", text()->value_name("FILE"), "authorities that sign certificates of clients")
        ("tls-client-crl", text()->value_name("FILE"), "certificates that these authorities have revoked");
    // clang-format on
}

std::optional<GateOptions> gate_options_in(const po::variables_map& options,
                                           const std::string& listen) {
    const auto port = cli::text_of(options, "tls-port");
    if (!port) {
        refuse_without_port(options);
        return {};
    }
    GateOptions gate;
    gate.port = static_cast<std::uint16_t>(cli::whole_number("tls-port", *port, 0, 65535));
    gate.listen = cli::text_of(options, "tls-listen") ? address_in(options, "tls-listen") : listen;
    gate.certificate = needed_file(options, "tls-cert");
    gate.key = needed_file(options, "tls-key");
    gate.client_ca = cli::text_of(options, "tls-client-ca");
    gate.client_crl = cli::text_of(options, "tls-client-crl");
    if (gate.client_crl && !gate.client_ca) {
        throw UsageError{"--tls-client-crl needs --tls-client-ca", "tls-client-crl"};
    }
    return gate;
}

std::string address_in(const po::variables_map& options, const char* name) {
    std::string address = *cli::text_of(options, name);
    in6_addr parsed{};
    if (::inet_pton(AF_INET, address.c_str(), &parsed) == 1) return address;
    if (::inet_pton(AF_INET6, address.c_str(), &parsed) == 1) return address;
    throw UsageError{
        "--" + std::string{name} + " must be an IPv4 or IPv6 address, not '" + address + "'", name};
}

std::vector<std::string> certificate_arguments(const GateOptions& options) {
    std::vector<std::string> arguments{"--tls-cert", options.certificate.string(), "--tls-key",
                                       options.key.string()};
    if (options.client_ca) {
        arguments.insert(arguments.end(), {"--tls-client-ca", options.client_ca->string()});
    }
    if (options.client_crl) {
        arguments.insert(arguments.end(), {"--tls-client-crl", options.client_crl->string()});
    }
    return arguments;
}

std::vector<std::pair<std::string_view, bool>> gate_differences(
    const std::optional<GateOptions>& now, const std::optional<GateOptions>& next) {
    const GateOptions a = now.value_or(GateOptions{});
    const GateOptions b = next.value_or(GateOptions{});
    return {
        {"tls-port", now.has_value() != next.has_value() || a.port != b.port},
        {"tls-listen", a.listen != b.listen},
        {"tls-cert", a.certificate != b.certificate},
        {"tls-key", a.key != b.key},
        {"tls-client-ca", a.client_ca != b.client_ca},
        {"tls-client-crl", a.client_crl != b.client_crl},
    };
}

}  // namespace belfry::server

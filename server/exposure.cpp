#include "server/exposure.hpp"

#include "base/endpoint.hpp"
#include "daemon/logger.hpp"

namespace belfry::server {
namespace {

constexpr std::size_t max_names = 5;

/// @param address well-formed, as it is in Options
bool is_loopback(const std::string& address) {
    return base::parse_address(address).value_or(base::Endpoint{}).is_loopback();
}

/// Returns the clients that need no secret, as `1, 2 and 7 more`.
std::string open_clients(const auth::KnownClients& clients) {
    std::string names;
    std::size_t count = 0;
    for (const auth::Client& client : clients.all()) {
        if (client.secret_version != 0 || ++count > max_names) continue;
        names += (names.empty() ? "" : ", ") + std::string{client.name};
    }
    if (count > max_names) names += " and " + std::to_string(count - max_names) + " more";
    return names;
}

/// Returns the addresses beyond this machine at which others can read the connections, as `::`, or
/// as `:: and 192.0.2.1`.
std::string plain_addresses(const Options& options) {
    std::string addresses = is_loopback(options.listen) ? "" : options.listen;
    if (!options.gate || !options.gate->web || options.gate->web_tls) return addresses;
    const std::string& web = options.gate->web->listen;
    if (is_loopback(web) || web == addresses) return addresses;
    return addresses + (addresses.empty() ? "" : " and ") + web;
}

/// Tells whether people on other machines can reach the gate. A reverse proxy on this machine lets
/// them in too.
bool is_beyond(const GateOptions& gate) {
    return (gate.tls && !is_loopback(gate.tls->listen)) || gate.web_proxy ||
           (gate.web && !is_loopback(gate.web->listen));
}

}  // namespace

std::optional<std::string> exposure_of(const Options& options, const auth::KnownClients& clients) {
    const std::string plain = plain_addresses(options);
    const bool beyond = !is_loopback(options.listen) || (options.gate && is_beyond(*options.gate));
    const std::string names = beyond ? open_clients(clients) : "";
    std::string line;
    if (!plain.empty()) {
        line = "listening without TLS on " + plain +
               ": others on the network can read and change messages";
    }
    if (!names.empty()) {
        line +=
            (line.empty() ? "" : "; ") +
            ("anybody on the network can log in as these clients, which need no secret: " + names);
    }
    if (line.empty()) return {};
    return line;
}

void warn_of_exposure(const Options& options, const auth::KnownClients& clients) {
    if (const auto exposure = exposure_of(options, clients)) {
        log_event(LogLevel::warning, *exposure);
    }
    if (clients.others_may_read()) log_event(LogLevel::warning, std::string{readable_by_others});
}

}  // namespace belfry::server

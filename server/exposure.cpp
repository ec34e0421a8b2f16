#include "server/exposure.hpp"

#include "base/endpoint.hpp"
#include "daemon/logger.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace belfry::server {
namespace {

constexpr std::size_t max_names = 5;

/// @param address well-formed, as it is in Options
bool is_loopback(const std::string& address) {
    sockaddr_storage storage{};
    sockaddr_in6 v6{};
    sockaddr_in v4{};
    if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        std::memcpy(&storage, &v6, sizeof v6);
    } else if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        std::memcpy(&storage, &v4, sizeof v4);
    }
    return base::endpoint_in(storage).is_loopback();
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

}  // namespace

std::optional<std::string> exposure_of(const Options& options, const auth::KnownClients& clients) {
    const bool plain_beyond = !is_loopback(options.listen);
    const bool tls_beyond = options.gate && !is_loopback(options.gate->listen);
    const std::string names = plain_beyond || tls_beyond ? open_clients(clients) : "";
    std::string line;
    if (plain_beyond) {
        line = "listening without TLS on " + options.listen +
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

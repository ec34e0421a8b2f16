#include "base/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace belfry::base {
namespace {

constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::uint8_t loopback_network = 127;

using NameFunction = int (*)(int, sockaddr*, socklen_t*);

Endpoint endpoint_of(int socket, NameFunction name) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (name(socket, reinterpret_cast<sockaddr*>(&address), &size) == -1) return {};
    return endpoint_in(address);
}

}  // namespace

bool Endpoint::is_ipv4() const noexcept {
    return std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), address.begin());
}

bool Endpoint::is_loopback() const noexcept {
    if (is_ipv4()) return address[ipv4_prefix.size()] == loopback_network;
    return std::memcmp(address.data(), &in6addr_loopback, address.size()) == 0;
}

std::optional<Endpoint> parse_address(const std::string& text) noexcept {
    Endpoint endpoint;
    std::copy(ipv4_prefix.begin(), ipv4_prefix.end(), endpoint.address.begin());
    if (::inet_pton(AF_INET, text.c_str(), endpoint.address.data() + ipv4_prefix.size()) == 1) {
        return endpoint;
    }
    if (::inet_pton(AF_INET6, text.c_str(), endpoint.address.data()) == 1) return endpoint;
    return {};
}

std::string address_text(const Endpoint& endpoint) {
    if (!endpoint.is_known()) return "?";
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (endpoint.is_ipv4()) {
        ::inet_ntop(AF_INET, endpoint.address.data() + ipv4_prefix.size(), text.data(),
                    text.size());
    } else {
        ::inet_ntop(AF_INET6, endpoint.address.data(), text.data(), text.size());
    }
    return text.data();
}

std::string to_string(const Endpoint& endpoint) {
    if (!endpoint.is_known()) return "?";
    std::string address = address_text(endpoint);
    if (endpoint.port == 0) return address;
    return (endpoint.is_ipv4() ? address : "[" + address + "]") + ":" +
           std::to_string(endpoint.port);
}

Endpoint endpoint_in(const sockaddr_storage& address) noexcept {
    Endpoint endpoint;
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &address, sizeof in);
        std::memcpy(endpoint.address.data(), &in.sin6_addr, sizeof in.sin6_addr);
        endpoint.port = ntohs(in.sin6_port);
    } else if (address.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        std::copy(ipv4_prefix.begin(), ipv4_prefix.end(), endpoint.address.begin());
        std::memcpy(endpoint.address.data() + ipv4_prefix.size(), &in.sin_addr, sizeof in.sin_addr);
        endpoint.port = ntohs(in.sin_port);
    }
    return endpoint;
}

Endpoint peer_endpoint(int socket) noexcept {
    return endpoint_of(socket, ::getpeername);
}

Endpoint local_endpoint(int socket) noexcept {
    return endpoint_of(socket, ::getsockname);
}

}  // namespace belfry::base

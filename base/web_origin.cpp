#include "base/web_origin.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace belfry::base {
namespace {

constexpr std::size_t max_host_name = 253;
constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

std::string in_lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool is_host_name(std::string_view text) noexcept {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    return !text.empty() && text.size() <= max_host_name && text.front() != '.' &&
           std::ranges::all_of(text, is_allowed);
}

/// Returns an IPv6 address in brackets in its shortest form; nothing if it is none.
std::optional<std::string> ipv6_host(std::string_view text) {
    if (!text.starts_with('[') || !text.ends_with(']')) return {};
    const std::string address{text.substr(1, text.size() - 2)};
    in6_addr parsed{};
    if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return {};
    std::array<char, INET6_ADDRSTRLEN> shortest{};
    ::inet_ntop(AF_INET6, &parsed, shortest.data(), shortest.size());
    return "[" + std::string{shortest.data()} + "]";
}

std::optional<std::uint16_t> port_in(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || rest != end || port == 0) return {};
    return port;
}

/// Returns the part of an origin after its scheme.
std::optional<std::string> authority(std::string_view text, std::uint16_t implied_port) {
    const std::size_t host_end = text.find(':', text.starts_with('[') ? text.find(']') : 0);
    const std::string_view name = text.substr(0, host_end);
    auto host = is_host_name(name) ? std::string{name} : ipv6_host(name);
    if (!host || host_end == std::string_view::npos) return host;
    const auto port = port_in(text.substr(host_end + 1));
    if (!port) return {};
    return *port == implied_port ? *host : *host + ":" + std::to_string(*port);
}

}  // namespace

std::optional<std::string> web_origin(std::string_view text) {
    const std::string lower = in_lower_case(text);
    std::string_view rest{lower};
    if (rest.ends_with('/')) rest.remove_suffix(1);
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!rest.starts_with(scheme)) continue;
        rest.remove_prefix(scheme.size());
        const auto behind = authority(rest, scheme == "http://" ? http_port : https_port);
        if (!behind) return {};
        return std::string{scheme} + *behind;
    }
    return {};
}

}  // namespace belfry::base

#include "client/server_url.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace belfry::client {
namespace {

constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::string_view tls_scheme = "tls://";

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && rest == end && port != 0;
}

// Returns an empty host if the text is not `HOST:PORT` or `[IPV6]:PORT`.
ServerAddress cut(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return {};
    std::string_view host = text.substr(0, colon);
    const bool has_brackets = host.starts_with('[') && host.ends_with(']');
    if (has_brackets) host = host.substr(1, host.size() - 2);
    const char* const in_brackets_only = has_brackets ? "[]/" : "[]/:";
    if (host.find_first_of(in_brackets_only) != std::string_view::npos) return {};
    return {std::string{host}, std::string{text.substr(colon + 1)}};
}

Error wrong(std::string why) {
    return {.code = "bad-option", .text = std::move(why)};
}

}  // namespace

Result<Destination> read_urls(const std::vector<std::string>& urls, const Tls& tls) {
    if (urls.empty()) return wrong("no server is given");
    Destination destination;
    if (urls.front().starts_with(tls_scheme)) destination.tls = tls;
    for (const std::string& url : urls) {
        if (!url.starts_with(tcp_scheme) && !url.starts_with(tls_scheme)) {
            return wrong("'" + url + "' is not a server: tcp://HOST:PORT or tls://HOST:PORT");
        }
        if (url.starts_with(tls_scheme) != destination.tls.has_value()) {
            return wrong("tcp:// and tls:// cannot be mixed");
        }
        ServerAddress server = cut(std::string_view{url}.substr(tcp_scheme.size()));
        if (server.host.empty()) return wrong("'" + url + "' has no host or no port");
        destination.servers.push_back(std::move(server));
    }
    return destination;
}

}  // namespace belfry::client

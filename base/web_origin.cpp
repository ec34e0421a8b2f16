#include "base/web_origin.hpp"

#include "base/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace belfry::base {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return {};
    return port;
}

/// Returns the name in lower case; nothing if it cannot be a name or an IPv4 address.
std::optional<std::string> parse_name(std::string_view text) {
    constexpr std::size_t max_name = 253;
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    std::string name{text};
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (name.empty() || name.size() > max_name || name.front() == '.') return {};
    if (!std::ranges::all_of(name, is_allowed)) return {};
    return name;
}

/// Returns the address between the brackets in its shortest form.
std::optional<std::string> parse_ipv6(std::string_view text) {
    const auto address = base::parse_address(std::string{text});
    if (!address || text.find(':') == std::string_view::npos) return {};
    return address_text(*address);
}

}  // namespace

std::optional<WebOrigin> parse_host(std::string_view text, WebScheme scheme) {
    const bool has_brackets = text.starts_with('[');
    const std::size_t end = has_brackets ? text.find(']') : text.find(':');
    const std::string_view inner = text.substr(has_brackets ? 1 : 0, end - (has_brackets ? 1 : 0));
    const auto host = has_brackets ? parse_ipv6(inner) : parse_name(inner);
    if (!host || (has_brackets && end == std::string_view::npos)) return {};
    WebOrigin origin{scheme, *host, scheme == WebScheme::https ? https_port : http_port};
    std::string_view rest = end == std::string_view::npos ? "" : text.substr(end);
    if (has_brackets) rest.remove_prefix(1);
    if (rest.empty()) return origin;
    const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return {};
    origin.port = *port;
    return origin;
}

std::optional<WebOrigin> parse_origin(std::string_view url) {
    constexpr std::string_view http = "http://";
    constexpr std::string_view https = "https://";
    const bool is_secure = url.starts_with(https);
    if (!is_secure && !url.starts_with(http)) return {};
    url.remove_prefix(is_secure ? https.size() : http.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    return parse_host(url, is_secure ? WebScheme::https : WebScheme::http);
}

}  // namespace belfry::base

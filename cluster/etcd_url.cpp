#include "cluster/etcd_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace belfry::cluster {
namespace {

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), port);
    return error == std::errc{} && end == text.end() && port != 0;
}

bool consists_of(std::string_view text, std::string_view punctuation) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        const bool is_alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_alphanumeric || punctuation.find(c) != std::string_view::npos;
    });
}

/// Returns where the host ends in `HOST[:PORT]`. npos: this is no host
std::size_t end_of_host(std::string_view text) {
    if (!text.starts_with('[')) {
        const std::size_t end = std::min(text.find(':'), text.size());
        return consists_of(text.substr(0, end), ".-_") ? end : std::string_view::npos;
    }
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return bracket;
    return consists_of(text.substr(1, bracket - 1), ":.") ? bracket + 1 : std::string_view::npos;
}

}  // namespace

std::optional<EtcdUrl> parse_etcd_url(std::string_view text) {
    constexpr std::string_view http = "http://";
    constexpr std::string_view https = "https://";
    EtcdUrl url;
    url.is_tls = text.starts_with(https);
    if (!url.is_tls && !text.starts_with(http)) return std::nullopt;
    text.remove_prefix(url.is_tls ? https.size() : http.size());
    if (text.ends_with('/')) text.remove_suffix(1);

    const std::size_t end = end_of_host(text);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view port = text.substr(end);
    if (port.empty()) {
        port = ":2379";
    } else if (!port.starts_with(':') || !is_port(port.substr(1))) {
        return std::nullopt;
    }
    url.target = "dns:///" + std::string{text.substr(0, end)} + std::string{port};
    return url;
}

}  // namespace belfry::cluster

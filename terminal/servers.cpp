#include "terminal/servers.hpp"

#include "cli/command_line.hpp"

#include <boost/algorithm/string/split.hpp>

#include <algorithm>

namespace belfry::terminal {
namespace {

cli::UsageError wrong(const std::string& text) {
    return {"'" + text + "' is not a server: NAME, ADDRESS, NAME:PORT or [IPV6]:PORT", "server-ip"};
}

// Splits `[::1]:5000` and `name:5000`. More than one colon without brackets is an IPv6 address.
ServerAddress cut(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string::npos) throw wrong(text);
        const std::string rest = text.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || rest.size() == 1)) throw wrong(text);
        return {text.substr(1, end - 1), rest.empty() ? "" : rest.substr(1)};
    }
    if (std::count(text.begin(), text.end(), ':') != 1) return {text, ""};
    if (colon + 1 == text.size()) throw wrong(text);
    return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string checked_port(const std::string& port, const std::string& text) {
    try {
        return std::to_string(cli::whole_number("server-ip", port, 1, 65535));
    } catch (const cli::UsageError&) {
        throw wrong(text);
    }
}

ServerAddress read_server(const std::string& text, const std::string& port) {
    ServerAddress server = cut(text);
    if (server.host.empty()) throw wrong(text);
    server.port = server.port.empty() ? port : checked_port(server.port, text);
    return server;
}

}  // namespace

std::vector<std::string> urls_of(const Destination& destination) {
    std::vector<std::string> urls;
    for (const auto& server : destination.servers) {
        const bool is_ipv6 = server.host.find(':') != std::string::npos;
        const std::string host = is_ipv6 ? "[" + server.host + "]" : server.host;
        urls.push_back((destination.tls ? "tls://" : "tcp://") + host + ":" + server.port);
    }
    return urls;
}

std::vector<ServerAddress> read_servers(std::string_view text, const std::string& port) {
    std::vector<std::string> parts;
    boost::algorithm::split(parts, text, [](char c) { return c == ','; });
    std::vector<ServerAddress> servers;
    servers.reserve(parts.size());
    for (const auto& part : parts) servers.push_back(read_server(part, port));
    return servers;
}

}  // namespace belfry::terminal

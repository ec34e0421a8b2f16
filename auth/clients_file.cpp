#include "auth/clients_file.hpp"

#include "auth/digest.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace belfry::auth {
namespace {

constexpr std::size_t max_hash = 383;  // crypt(3) writes no longer one

struct Method {
    std::string_view prefix;
    std::size_t last_part;  // bytes after the last `$`
};

constexpr std::array methods{Method{"$7$", 43}, Method{"$y$", 43}, Method{"$6$", 86},
                             Method{"$5$", 43}, Method{"$2b$", 53}};

constexpr std::string_view spaces = " \t\r";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// Returns the part of a line that is not comment or space.
std::string_view content_of(std::string_view line) {
    return trimmed(line.substr(0, line.find('#')));
}

/// Splits `ann:HASH,HASH`. @return what is wrong with it; empty if nothing is
std::string_view parse_content(std::string_view content, Client& client) {
    const std::size_t colon = content.find(':');
    client.name = content.substr(0, colon);
    client.content = content;
    if (!wire::is_client_id(client.name)) {
        return "the name is not a client-id (1 to 32 of A-Z a-z 0-9 _ . -)";
    }
    if (colon == std::string_view::npos) return {};
    client.secret_version = digest(content);
    std::string_view rest = content.substr(colon + 1);
    client.by_certificate = rest == "*";
    if (client.by_certificate) return {};
    for (std::string_view& hash : client.hashes) {
        const std::size_t comma = rest.find(',');
        hash = rest.substr(0, comma);
        if (!is_hash(hash)) {
            return "what follows the name is neither * nor a complete hash of crypt(3) that begins "
                   "with $7$, $y$, $6$, $5$ or $2b$";
        }
        if (comma == std::string_view::npos) return {};
        rest.remove_prefix(comma + 1);
    }
    return "a client has at most two secrets";
}

}  // namespace

bool is_hash(std::string_view text) noexcept {
    const auto is_printable = [](char c) { return c > ' ' && c <= '~' && c != ':' && c != ','; };
    if (text.size() > max_hash || !std::ranges::all_of(text, is_printable)) return false;
    return std::ranges::any_of(methods, [text](const Method& method) {
        return text.starts_with(method.prefix) && text.rfind('$') >= method.prefix.size() - 1 &&
               text.size() - text.rfind('$') - 1 == method.last_part;
    });
}

std::vector<Client> parse_clients(std::string_view text, std::string_view path) {
    const std::string file = "clients file " + std::string{path};
    if (text.size() > max_clients_file) throw ClientsFileError{file + " is larger than 16M"};
    std::vector<Client> clients;
    std::unordered_set<std::string_view> names;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto require = [&](std::string_view mistake) {
            if (mistake.empty()) return;
            throw ClientsFileError{file + ", line " + std::to_string(number) + ": " +
                                   std::string{mistake}};
        };
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.size() > max_clients_line) require("the line is longer than 1024 bytes");
        const std::string_view content = content_of(line);
        if (content.empty()) continue;
        require(parse_content(content, clients.emplace_back()));
        if (names.insert(clients.back().name).second) continue;
        require("client " + std::string{clients.back().name} + " is listed twice");
    }
    return clients;
}

}  // namespace belfry::auth

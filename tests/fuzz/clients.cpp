#include "auth/clients_file.hpp"
#include "tests/fuzz/check.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <set>

namespace belfry::fuzz {
namespace {

void require(bool holds, const char* what) {
    if (!holds) throw Broken{what};
}

void check_client(const auth::Client& client, std::string_view input) {
    require(wire::is_client_id(client.name), "a client has a name that is no client-id");
    require(client.content.data() >= input.data() &&
                client.content.data() + client.content.size() <= input.data() + input.size(),
            "the content of a client is not part of the file");
    const auto secrets =
        std::ranges::count_if(client.hashes, [](std::string_view hash) { return !hash.empty(); });
    const auto all_hashes = std::ranges::all_of(
        client.hashes, [](std::string_view hash) { return hash.empty() || auth::is_hash(hash); });
    require(all_hashes, "a client has a hash that is none");
    require(secrets == 0 || !client.by_certificate, "a client has a secret and `*`");
    require((client.secret_version == 0) == (secrets == 0 && !client.by_certificate),
            "a client has a version without a secret, or a secret without a version");
}

std::string lines_of(const std::vector<auth::Client>& clients) {
    std::string lines;
    for (const auth::Client& client : clients) lines += std::string{client.content} + "\n";
    return lines;
}

void check_mistake(const std::string& mistake) {
    require(mistake.starts_with("clients file FILE"), "a mistake does not name the file");
    const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
    require(std::ranges::all_of(mistake, is_printable), "a mistake is not one line of text");
}

}  // namespace

void check_clients(std::string_view input) {
    try {
        const auto clients = auth::parse_clients(input, "FILE");
        std::set<std::string_view> names;
        for (const auth::Client& client : clients) {
            check_client(client, input);
            require(names.insert(client.name).second, "a client is listed twice");
        }
        const std::string lines = lines_of(clients);
        const auto again = auth::parse_clients(lines, "FILE");
        require(lines_of(again) == lines, "the contents of the lines give other clients");
        for (std::size_t at = 0; at < clients.size(); ++at) {
            require(clients[at].secret_version == again[at].secret_version,
                    "a comment changes a version");
        }
    } catch (const auth::ClientsFileError& error) {
        check_mistake(error.what());
    }
}

}  // namespace belfry::fuzz

#include "bench/support/secrets.hpp"

#include "auth/new_secret.hpp"

namespace belfry::bench {
namespace {

struct Generated {
    std::string secret;
    std::string hash;
};

Generated generate() {
    auth::Secret secret;
    auth::generate(secret);
    return {secret.c_str(), auth::hash_of(secret, auth::Origin::generated)};
}

const Generated& generated() {
    static const Generated all = generate();
    return all;
}

}  // namespace

std::string clients_file(const std::vector<std::string>& client_ids) {
    std::string text;
    for (const std::string& id : client_ids) text += id + ":" + generated().hash + "\n";
    return text;
}

std::string login_line(std::string_view client_id, std::string_view options) {
    std::string line = "LOGIN " + std::string{client_id};
    if (!options.empty()) line += " " + std::string{options};
    return line + " secret=" + generated().secret + "\r\n";
}

}  // namespace belfry::bench

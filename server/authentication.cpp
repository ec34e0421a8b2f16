#include "server/authentication.hpp"

#include "auth/secret.hpp"
#include "base/endpoint.hpp"
#include "wire/secret_text.hpp"

#include <new>

namespace belfry::server {
namespace {

using wire::ErrorCode;

/// Tells whether nobody on a network could read what the client has sent.
bool is_confidential(const Heritage& heritage) noexcept {
    if (heritage.peer.transport != shm::Transport::tcp) return heritage.is_confidential;
    const base::Endpoint& peer = heritage.peer.endpoint;
    return peer.is_loopback() ||
           (peer.is_known() && peer.address == base::local_endpoint(heritage.socket.get()).address);
}

bool has_secret(const auth::KnownClients& clients, const wire::Login& login) {
    auth::Secret secret;
    if (login.secret) wire::decode_secret(*login.secret, secret.room());
    // A missing secret is verified too, so that it takes as long as a wrong one.
    return clients.verify(login.client_id, secret) && login.secret.has_value();
}

Authentication judge(const Heritage& heritage, const wire::Login& login) {
    const auth::KnownClients& clients = *heritage.clients;
    const auth::Client* const client = clients.find(login.client_id);
    const bool needs_proof = client == nullptr || client->secret_version != 0;
    const bool has_certificate = heritage.certificate_name == login.client_id;
    if (needs_proof && !(client != nullptr && has_certificate) && !has_secret(clients, login)) {
        return {.refusal = ErrorCode::login_refused};
    }
    return {.refusal = {}, .secret_version = client->secret_version};
}

}  // namespace

Authentication authenticate(const Heritage& heritage, const wire::Login& login) {
    if (login.secret && !is_confidential(heritage)) return {.refusal = ErrorCode::tls_required};
    if (!asks_for_secrets(heritage)) return {};
    try {
        const Authentication result = judge(heritage, login);
        heritage.clients->forget();
        return result;
    } catch (const std::bad_alloc&) {
        return {.refusal = ErrorCode::too_many_clients};
    }
}

bool asks_for_secrets(const Heritage& heritage) noexcept {
    return heritage.clients != nullptr && heritage.clients->has_file();
}

}  // namespace belfry::server

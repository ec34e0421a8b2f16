#include "gate/trial_handshake.hpp"

namespace belfry::gate {
namespace {

/// The most flights of a handshake, in both directions.
constexpr int max_flights = 10;

/// Continues the handshake of one end. @return false if it failed
bool advance(SSL* end) {
    const int result = ::SSL_do_handshake(end);
    return result == 1 || ::SSL_get_error(end, result) == SSL_ERROR_WANT_READ;
}

bool shake_hands(SSL* client, SSL* server) {
    for (int flight = 0; flight < max_flights; ++flight) {
        if (!advance(client) || !advance(server)) return false;
        if (::SSL_is_init_finished(client) == 1 && ::SSL_is_init_finished(server) == 1) return true;
    }
    return false;
}

bool send_byte(SSL* from, SSL* to) {
    char byte = '\n';
    return ::SSL_write(from, &byte, 1) == 1 && ::SSL_read(to, &byte, 1) == 1;
}

}  // namespace

std::string try_handshake(SSL_CTX* server_settings, EVP_PKEY* key) {
    const UniqueContext client_settings{::SSL_CTX_new(::TLS_client_method())};
    const UniqueSsl server{::SSL_new(server_settings)};
    const UniqueSsl client{::SSL_new(client_settings.get())};
    BIO* near = nullptr;
    BIO* far = nullptr;
    if (!server || !client || ::BIO_new_bio_pair(&near, 0, &far, 0) != 1) throw std::bad_alloc{};
    ::SSL_set_bio(server.get(), near, near);
    ::SSL_set_bio(client.get(), far, far);
    ::SSL_set_accept_state(server.get());
    ::SSL_set_connect_state(client.get());
    ::ERR_clear_error();
    const bool works =
        ::SSL_use_PrivateKey(server.get(), key) == 1 && shake_hands(client.get(), server.get()) &&
        send_byte(client.get(), server.get()) && send_byte(server.get(), client.get());
    return works ? "" : take_openssl_error();
}

}  // namespace belfry::gate

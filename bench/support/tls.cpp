#include "bench/support/tls.hpp"

#include "bench/support/interrupt.hpp"
#include "tests/support/failure.hpp"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string>

namespace belfry::bench {
namespace {

/// How much ciphertext one recv() may take: several records.
constexpr std::size_t read_buffer = 64 << 10;

void check(bool success, const char* call) {
    if (success) return;
    check_interrupt();
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    throw test::Failure(std::string{call} + ": " + text.data());
}

/// Throws the exception for a failed call, unless it would have to wait.
void check_would_wait(const SSL* ssl, int result, const char* call) {
    const int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) throw test::Failure("the peer has closed the connection");
    check(error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE, call);
}

}  // namespace

void Tls::Free::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}

void TlsStream::Free::operator()(SSL* ssl) const {
    SSL_free(ssl);
}

Tls::Tls() : server_{certificates_.server()}, clients_{SSL_CTX_new(TLS_client_method())} {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    SSL_CTX* const context = clients();
    check(context != nullptr, "SSL_CTX_new");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    check(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1,
          "SSL_CTX_set_ciphersuites");
    const std::string authority = certificates_.authority().string();
    check(SSL_CTX_load_verify_file(context, authority.c_str()) == 1, "SSL_CTX_load_verify_file");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_buffer);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsStream::TlsStream(const Tls& tls, int socket) : ssl_{SSL_new(tls.clients())} {
    check(ssl_ && SSL_set_fd(ssl_.get(), socket) == 1, "SSL_new");
    check(SSL_set1_host(ssl_.get(), "localhost") == 1, "SSL_set1_host");
    check(SSL_connect(ssl_.get()) == 1, "SSL_connect");
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

std::size_t TlsStream::read_now(std::span<char> buffer) const {
    std::size_t total = 0;
    while (total < buffer.size()) {
        std::size_t count = 0;
        const int result =
            SSL_read_ex(ssl_.get(), buffer.data() + total, buffer.size() - total, &count);
        if (result != 1) {
            // If the connection has ended after these bytes, the next call says so.
            if (total == 0) check_would_wait(ssl_.get(), result, "SSL_read");
            break;
        }
        total += count;
    }
    return total;
}

std::size_t TlsStream::discard_now(std::size_t max_bytes) const {
    std::array<char, SSL3_RT_MAX_PLAIN_LENGTH> record;
    std::size_t total = 0;
    while (total < max_bytes) {
        const std::size_t wanted = std::min(record.size(), max_bytes - total);
        const std::size_t count = read_now(std::span{record}.first(wanted));
        total += count;
        if (count < wanted) break;
    }
    return total;
}

std::size_t TlsStream::write_now(std::string_view bytes) const {
    std::size_t total = 0;
    while (total < bytes.size()) {
        std::size_t count = 0;
        const int result =
            SSL_write_ex(ssl_.get(), bytes.data() + total, bytes.size() - total, &count);
        if (result != 1) {
            check_would_wait(ssl_.get(), result, "SSL_write");
            break;
        }
        total += count;
    }
    return total;
}

}  // namespace belfry::bench

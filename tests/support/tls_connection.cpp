#include "tests/support/tls_connection.hpp"

#include "tests/support/deadline.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <openssl/err.h>

namespace belfry::test {
namespace {

void require(bool done, const std::string& what) {
    if (!done) throw Failure{what};
}

/// OpenSSL writes to sockets without MSG_NOSIGNAL.
void ignore_closed_pipes() {
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
}

}  // namespace

TlsConnection::TlsConnection(std::uint16_t port, const TlsOptions& options, int receive_buffer)
    : TcpConnection{port, receive_buffer, options.from},
      context_{::SSL_CTX_new(::TLS_client_method())},
      tls_{nullptr} {
    ignore_closed_pipes();
    SSL_CTX* const context = context_.get();
    ::SSL_CTX_set_max_proto_version(context, options.max_version);
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    require(::SSL_CTX_load_verify_file(context, options.authority.c_str()) == 1,
            "cannot load " + options.authority.string());
    if (options.own) {
        const auto& [certificate, key] = *options.own;
        require(::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1 &&
                    ::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1,
                "cannot load " + certificate.string());
    }
    tls_.reset(::SSL_new(context));
    ::SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    require(::SSL_set1_host(tls_.get(), options.name.c_str()) == 1, "cannot set the name");
    const std::string& protocols = options.protocols;
    ::SSL_set_alpn_protos(tls_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    ::fcntl(fd(), F_SETFL, O_NONBLOCK);
    ::SSL_set_fd(tls_.get(), fd());
    shake_hands();
}

void TlsConnection::shake_hands() {
    const Deadline deadline{default_wait};
    for (;;) {
        ::ERR_clear_error();
        const int result = ::SSL_connect(tls_.get());
        if (result == 1) return;
        const int error = ::SSL_get_error(tls_.get(), result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            const char* const reason = ::ERR_reason_error_string(::ERR_peek_error());
            throw HandshakeFailed{reason == nullptr ? "the server has closed the connection"
                                                    : reason};
        }
        pollfd ready{fd(), static_cast<short>(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
        if (::poll(&ready, 1, deadline.remaining_ms()) == 0) {
            throw Failure{"the server does not complete the handshake"};
        }
    }
}

ssize_t TlsConnection::send(std::string_view bytes) {
    ::ERR_clear_error();
    return result_of(::SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
}

ssize_t TlsConnection::receive(char* buffer, std::size_t size) {
    ::ERR_clear_error();
    return result_of(::SSL_read(tls_.get(), buffer, static_cast<int>(size)));
}

void TlsConnection::shutdown_sending() {
    static_cast<void>(::SSL_shutdown(tls_.get()));
}

/// Translates the result of SSL_read() or SSL_write() into that of recv(2) or send(2).
ssize_t TlsConnection::result_of(int result) const {
    if (result > 0) return result;
    switch (::SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            errno = EAGAIN;
            return -1;
        default:
            errno = ECONNRESET;
            return -1;
    }
}

}  // namespace belfry::test

#include "gate/tls_stream.hpp"

#include <algorithm>
#include <climits>
#include <new>

namespace belfry::gate {
namespace {

int int_size(std::size_t size) noexcept {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

TlsStream::TlsStream(Socket socket, SSL_CTX* context)
    : socket_{std::move(socket)}, tls_{::SSL_new(context)} {
    if (!tls_ || ::SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) throw std::bad_alloc{};
    ::SSL_set_accept_state(tls_.get());
}

Step TlsStream::shake_hands() noexcept {
    ::ERR_clear_error();
    return step_after(::SSL_do_handshake(tls_.get()));
}

Step TlsStream::read(char* bytes, std::size_t size) noexcept {
    ::ERR_clear_error();
    return step_after(::SSL_read(tls_.get(), bytes, int_size(size)));
}

Step TlsStream::write(const char* bytes, std::size_t size) noexcept {
    ::ERR_clear_error();
    return step_after(::SSL_write(tls_.get(), bytes, int_size(size)));
}

Step TlsStream::close() noexcept {
    ::ERR_clear_error();
    const int result = ::SSL_shutdown(tls_.get());
    return result < 0 ? step_after(result) : Step{Outcome::done};
}

/// Translates the result of OpenSSL. Its errors stay in its queue.
Step TlsStream::step_after(int result) noexcept {
    if (result > 0) return {Outcome::done, static_cast<std::size_t>(result)};
    switch (::SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {Outcome::must_read};
        case SSL_ERROR_WANT_WRITE:
            return {Outcome::must_write};
        case SSL_ERROR_ZERO_RETURN:
            return {Outcome::closed};
        default:
            return {Outcome::failed};
    }
}

}  // namespace belfry::gate

#include "gate/tls_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <new>

namespace belfry::gate {
namespace {

/// How much of the client's TCP stream OpenSSL reads at once: several records.
constexpr std::size_t read_buffer = std::size_t{64} << 10;

int int_size(std::size_t size) noexcept {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

bool is_end(Outcome outcome) noexcept {
    return outcome == Outcome::closed || outcome == Outcome::failed;
}

}  // namespace

TlsStream::TlsStream(Socket socket, SSL_CTX* context)
    : socket_{std::move(socket)}, tls_{::SSL_new(context)} {
    if (!tls_ || ::SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) throw std::bad_alloc{};
    ::SSL_set_accept_state(tls_.get());
    ::SSL_set_default_read_buffer_len(tls_.get(), read_buffer);
}

Step TlsStream::shake_hands() noexcept {
    ::ERR_clear_error();
    return step_after(::SSL_do_handshake(tls_.get()));
}

/// Reads as many records as are there and fit, because fewer and larger pieces cost less.
Step TlsStream::read(char* bytes, std::size_t size) noexcept {
    // A socket tells its error once, and OpenSSL would then find an orderly end.
    if (end_) return {*end_};
    Step all{Outcome::done};
    Step step{Outcome::done};
    while (all.count < size && step.outcome == Outcome::done) {
        ::ERR_clear_error();
        step = step_after(::SSL_read(tls_.get(), bytes + all.count, int_size(size - all.count)));
        all.count += step.count;
    }
    has_more_ = step.outcome != Outcome::must_read;
    if (is_end(step.outcome)) end_ = step.outcome;
    return all.count > 0 ? all : step;
}

/// Writes as many records as the socket takes. They leave together, because the kernel's work for a
/// segment and the wake-up of the client cost more than the bytes.
Step TlsStream::write(const char* bytes, std::size_t size) noexcept {
    const bool is_long = size > SSL3_RT_MAX_PLAIN_LENGTH;
    if (is_long) set_cork(1);
    Step all{Outcome::done};
    while (all.count < size) {
        ::ERR_clear_error();
        const Step step =
            step_after(::SSL_write(tls_.get(), bytes + all.count, int_size(size - all.count)));
        if (step.outcome != Outcome::done) {
            if (all.count == 0) all = step;
            break;
        }
        all.count += step.count;
    }
    if (is_long) set_cork(0);
    return all;
}

void TlsStream::set_cork(int on) noexcept {
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
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

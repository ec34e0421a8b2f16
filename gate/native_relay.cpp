#include "gate/native_relay.hpp"

#include "daemon/logger.hpp"
#include "gate/common_name.hpp"
#include "wire/proxy_header.hpp"

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace belfry::gate {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Size of the buffer for each direction: several records of TLS. With those of OpenSSL, a relay
/// has less than 256 KiB.
constexpr std::size_t copy_buffer = std::size_t{64} << 10;

/// Acknowledges the end of the handshake now. A client with Nagle's algorithm holds its LOGIN back
/// until then, and nothing is sent to it that would carry the acknowledgement.
void acknowledge_at_once(int socket) noexcept {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace

NativeRelay::NativeRelay(asio::io_context& loop, ClientSocket client, SessionSocket session,
                         Credentials& credentials, std::function<void()> logged_in,
                         const RelayTimeouts& timeouts)
    : loop_{&loop},
      credentials_{&credentials},
      logged_in_{std::move(logged_in)},
      timeouts_{timeouts},
      peer_{base::peer_endpoint(client.native_handle())},
      local_{base::local_endpoint(client.native_handle())},
      client_{std::move(client), credentials.context()},
      session_{std::move(session)},
      upwards_{client_, session_, copy_buffer, Upwards::Wipe::yes,  // of the client's secret
               [this](Upwards::End end) { finish_upwards(end); }},
      downwards_{session_, client_, copy_buffer, Downwards::Wipe::no,
                 [this](Downwards::End end) { finish_downwards(end); }},
      deadline_{loop} {}

void NativeRelay::start() {
    error_code ignored;
    // Without it, the last part of a handshake would wait for an acknowledgement.
    client_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    client_.socket().non_blocking(true, ignored);
    credentials_->give_key(client_.tls());
    stop_in(timeouts_.handshake);
    shake_hands();
}

void NativeRelay::shake_hands() {
    const Outcome outcome = client_.shake_hands().outcome;
    if (outcome != Outcome::must_read && outcome != Outcome::must_write) {
        return finish_handshake(outcome);
    }
    client_.wait(outcome, [this](const error_code& error) {
        if (!error) shake_hands();
    });
}

void NativeRelay::finish_handshake(Outcome outcome) {
    credentials_->forget_key(client_.tls());
    ::malloc_trim(0);  // the handshake needed far more memory than the rest
    if (outcome != Outcome::done) return refuse_client(outcome);
    if (!introduce_client()) return loop_->stop();
    deadline_.cancel();
    acknowledge_at_once(client_.socket().native_handle());
    watch_session();
    wait_for_login();
    upwards_.go_on();
}

/// Closes the connection so that the alert arrives that says why.
void NativeRelay::refuse_client(Outcome outcome) {
    has_refused_client_ = outcome == Outcome::failed && ::ERR_peek_error() != 0;
    const std::string reason =
        has_refused_client_ ? take_openssl_error() : "the client has closed the connection";
    log_event(LogLevel::debug, "TLS handshake with " + to_string(peer_) + " failed: " + reason);
    error_code ignored;
    session_.socket().close(ignored);
    begin_closing();
    drain();
}

/// Writes the PROXY header. @return false if the session has gone
bool NativeRelay::introduce_client() {
    SSL* const tls = client_.tls();
    const std::string name = verified_common_name(tls);
    std::string header;
    wire::print_proxy_header(header, {.peer = peer_,
                                      .local = local_,
                                      .transport = wire::ProxyTransport::tls,
                                      .tls = wire::ProxyTls{.version = ::SSL_get_version(tls),
                                                            .cipher = ::SSL_get_cipher_name(tls),
                                                            .common_name = name}});
    // Nothing was sent before, so the socket takes all of it at once.
    return session_.write(header.data(), header.size()).count == header.size();
}

void NativeRelay::finish_upwards(Upwards::End end) {
    if (is_closing_) return;
    if (end == Upwards::End::source_closed) {
        error_code ignored;
        session_.socket().shutdown(SessionSocket::shutdown_send, ignored);
    } else if (end == Upwards::End::source_failed) {
        loop_->stop();
    }
    // If the session takes nothing any more, its last line may still be on the way.
}

void NativeRelay::finish_downwards(Downwards::End end) {
    if (end == Downwards::End::target_failed) return loop_->stop();
    error_code ignored;
    session_.socket().close(ignored);  // because it waits for that before it exits
    close_client();
}

/// Notices the end of the session even while the client takes nothing.
void NativeRelay::watch_session() {
    session_.socket().async_wait(SessionSocket::wait_error,
                                 [this](const error_code&) { begin_closing(); });
}

/// Looks at the first bytes of the session, which are WELCOME if the login was accepted.
void NativeRelay::wait_for_login() {
    session_.wait(Outcome::must_read, [this](const error_code&) {
        constexpr std::string_view welcome = "WELCOME ";
        std::array<char, welcome.size()> first{};
        error_code ignored;
        const std::size_t count =
            session_.socket().receive(asio::buffer(first), SessionSocket::message_peek, ignored);
        if (std::string_view{first.data(), count} == welcome) logged_in_();
        downwards_.go_on();
    });
}

/// Gives the client a last moment to take what is on the way to it.
void NativeRelay::begin_closing() {
    if (std::exchange(is_closing_, true)) return;
    stop_in(timeouts_.last_words);
}

/// Sends close_notify, and closes after the client.
void NativeRelay::close_client() {
    begin_closing();
    error_code ignored;
    client_.socket().cancel(ignored);
    const Outcome outcome = client_.close().outcome;
    if (outcome != Outcome::must_write) return drain();
    client_.wait(outcome, [this](const error_code&) { close_client(); });
}

/// Reads until the client closes, because closing before that would reset the connection, and the
/// client might lose the last line.
void NativeRelay::drain() {
    error_code ignored;
    client_.socket().shutdown(ClientSocket::shutdown_send, ignored);
    client_.socket().async_read_some(asio::buffer(drained_),
                                     [this](const error_code& error, std::size_t) {
                                         if (error) return loop_->stop();
                                         drain();
                                     });
}

void NativeRelay::stop_in(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([this](const error_code& error) {
        if (!error) loop_->stop();
    });
}

}  // namespace belfry::gate

#include "gate/native_relay.hpp"

#include "gate/common_name.hpp"
#include "wire/proxy_header.hpp"

#include <string>
#include <utility>

namespace belfry::gate {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Size of the buffer for each direction: several records of TLS. With those of OpenSSL, a relay
/// has less than 256 KiB.
constexpr std::size_t copy_buffer = std::size_t{64} << 10;

}  // namespace

NativeRelay::NativeRelay(asio::io_context& loop, ClientSocket client, SessionSocket session,
                         Credentials& credentials, std::function<void()> logged_in,
                         const RelayTimeouts& timeouts)
    : logged_in_{std::move(logged_in)},
      timeouts_{timeouts},
      peer_{base::peer_endpoint(client.native_handle())},
      local_{base::local_endpoint(client.native_handle())},
      client_{std::move(client), credentials.context()},
      session_{std::move(session)},
      handshake_{client_, credentials, [this](Outcome outcome) { finish_handshake(outcome); }},
      end_{loop, client_.socket()},
      upwards_{client_, session_.stream(), copy_buffer,
               Upwards::Wipe::yes,  // of the client's secret
               [this](Upwards::End end) { finish_upwards(end); }},
      downwards_{session_.stream(), client_, copy_buffer, Downwards::Wipe::no,
                 [this](Downwards::End end) { finish_downwards(end); }} {}

void NativeRelay::start() {
    error_code ignored;
    // Without it, the last part of a handshake would wait for an acknowledgement.
    client_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    client_.socket().non_blocking(true, ignored);
    end_.stop_in(timeouts_.handshake);
    handshake_.start();
}

void NativeRelay::finish_handshake(Outcome outcome) {
    if (outcome != Outcome::done) return refuse_client(outcome);
    if (!introduce_client()) return end_.stop();
    end_.remove_deadline();
    // The end of the session is noticed even while the client takes nothing.
    session_.wait_for_end([this] { begin_closing(); });
    session_.wait_for_login(logged_in_, [this] { downwards_.go_on(); });
    upwards_.go_on();
}

/// Closes the connection so that the alert arrives that says why.
void NativeRelay::refuse_client(Outcome outcome) {
    has_refused_client_ = log_failed_handshake(outcome, peer_);
    session_.close();
    begin_closing();
    end_.drain();
}

/// Writes the PROXY header. @return false if the session has gone
bool NativeRelay::introduce_client() {
    SSL* const tls = client_.tls();
    const std::string name = verified_common_name(tls);
    return session_.introduce({.peer = peer_,
                               .local = local_,
                               .transport = wire::ProxyTransport::tls,
                               .tls = wire::ProxyTls{.version = ::SSL_get_version(tls),
                                                     .cipher = ::SSL_get_cipher_name(tls),
                                                     .common_name = name}});
}

void NativeRelay::finish_upwards(Upwards::End end) {
    if (end_.has_begun()) return;
    if (end == Upwards::End::source_closed) {
        session_.end_input();
    } else if (end == Upwards::End::source_failed) {
        end_.stop();
    }
    // If the session takes nothing any more, its last line may still be on the way.
}

void NativeRelay::finish_downwards(Downwards::End end) {
    if (end == Downwards::End::target_failed) return end_.stop();
    session_.close();
    close_client();
}

/// Sends close_notify, and closes after the client.
void NativeRelay::close_client() {
    begin_closing();
    error_code ignored;
    client_.socket().cancel(ignored);
    const Outcome outcome = client_.close().outcome;
    if (outcome != Outcome::must_write) return end_.drain();
    client_.wait(outcome, [this](const error_code&) { close_client(); });
}

}  // namespace belfry::gate

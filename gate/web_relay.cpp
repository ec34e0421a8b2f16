#include "gate/web_relay.hpp"

#include "daemon/process_title.hpp"
#include "gate/forwarded_for.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

namespace belfry::gate {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Chooses HTTP/1.1 if the client offers protocols (ALPN), because many would offer HTTP/2 first.
int choose_http(SSL*, const unsigned char** chosen, unsigned char* length,
                const unsigned char* offered, unsigned offered_length, void*) {
    static constexpr unsigned char http_1_1[] = "\x08http/1.1";
    const int result =
        ::SSL_select_next_proto(const_cast<unsigned char**>(chosen), length, http_1_1,
                                sizeof http_1_1 - 1, offered, offered_length);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// How many bytes the kernel takes that cannot leave yet. A ping waits behind them, and behind
/// those that are under way, so they must be few enough for a slow client to answer in time.
constexpr int max_unsent = 128 << 10;

void limit_unsent(int socket) noexcept {
    ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &max_unsent, sizeof max_unsent);
}

SSL_CTX* context_of(const Credentials* credentials, const WebSettings& settings) {
    return settings.has_tls() ? credentials->context() : nullptr;
}

}  // namespace

WebRelay::WebRelay(asio::io_context& loop, ClientSocket client, SessionSocket session,
                   Credentials* credentials, const WebSettings& settings,
                   std::function<void()> logged_in, const RelayTimeouts& timeouts)
    : credentials_{credentials},
      settings_{&settings},
      logged_in_{std::move(logged_in)},
      timeouts_{timeouts},
      peer_{base::peer_endpoint(client.native_handle())},
      local_{base::local_endpoint(client.native_handle())},
      client_{std::move(client), context_of(credentials, settings)},
      session_{std::move(session)},
      end_{loop, client_.socket()},
      site_{settings.origins, credentials != nullptr ? credentials->certificate() : nullptr},
      http_{client_,
            {.answer =
                 [this](const HttpRequest& request) {
                     return site_.answer(request, session_.is_open());
                 },
             .refuse = [this](auto status) { return site_.refuse(status); },
             .upgrade = [this](const HttpRequest& request) { upgrade(request); },
             .ended = [this] { close_client(); }}} {}

void WebRelay::start() {
    error_code ignored;
    client_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    client_.socket().non_blocking(true, ignored);
    limit_unsent(client_.socket().native_handle());
    end_.stop_in(timeouts_.handshake);
    if (client_.tls() != nullptr) return shake_hands();
    if (credentials_ != nullptr) credentials_->forget_key();
    serve();
}

void WebRelay::shake_hands() {
    SSL* const tls = client_.tls()->tls();
    // Certificates of clients are for the native protocol, and a browser would ask its user.
    ::SSL_set_verify(tls, SSL_VERIFY_NONE, nullptr);
    ::SSL_CTX_set_alpn_select_cb(credentials_->context(), choose_http, nullptr);
    handshake_.emplace(*client_.tls(), *credentials_,
                       [this](Outcome outcome) { finish_handshake(outcome); });
    handshake_->start();
}

void WebRelay::finish_handshake(Outcome outcome) {
    if (outcome == Outcome::done) return serve();
    has_failed_handshake_ = log_failed_handshake(outcome, peer_);
    end_.begin(timeouts_.last_words);
    end_.drain();
}

void WebRelay::serve() {
    end_.stop_in(timeouts_.requests);
    http_.go_on();
}

void WebRelay::upgrade(const HttpRequest& request) {
    if (settings_->is_proxy(peer_)) {
        peer_ = forwarded_for(request).value_or(peer_);
        set_process_title("web for " + address_text(peer_));
    }
    if (!introduce_client()) return end_.stop();
    copy_.emplace(client_, session_,
                  WebCopy::Handlers{.session_ended = [this] { finish_session(); },
                                    .client_ended = [this] { finish_client(); }});
    copy_->accept(request, [this] {
        end_.remove_deadline();
        // The end of the session is noticed even while the client takes nothing.
        session_.wait_for_end([this] { end_.begin(timeouts_.last_words); });
        session_.wait_for_login(logged_in_, [this] { copy_->go_on_downwards(); });
    });
}

/// Writes the PROXY header. @return false if the session has gone
bool WebRelay::introduce_client() {
    wire::ProxyHeader header{
        .peer = peer_, .local = local_, .transport = wire::ProxyTransport::web, .tls = {}};
    if (TlsStream* const tls = client_.tls()) {
        header.tls = wire::ProxyTls{.version = ::SSL_get_version(tls->tls()),
                                    .cipher = ::SSL_get_cipher_name(tls->tls()),
                                    .common_name = {}};
    }
    return session_.introduce(header);
}

void WebRelay::finish_session() {
    end_.begin(timeouts_.last_words);
    session_.close();
    copy_->close([this] { end_.drain(); });
}

/// Lets the session handle what the client has sent before its end, unless the client is gone: it
/// may have connected again, and an earlier login must not take over from the later one.
void WebRelay::finish_client() {
    if (copy_->has_lost_client()) return end_.stop();
    if (end_.has_begun()) return end_.drain();
    end_.begin(timeouts_.last_words);
    session_.end_input();
    session_.drain([this] { end_.drain(); });
}

/// Closes a connection that had no WebSocket.
void WebRelay::close_client() {
    end_.begin(timeouts_.last_words);
    client_.async_close([this](const error_code&, std::size_t) { end_.drain(); });
}

}  // namespace belfry::gate

#pragma once

#include "base/endpoint.hpp"
#include "gate/client_stream.hpp"
#include "gate/credentials.hpp"
#include "gate/http_connection.hpp"
#include "gate/relay_end.hpp"
#include "gate/session_link.hpp"
#include "gate/tls_handshake.hpp"
#include "gate/web_copy.hpp"
#include "gate/web_settings.hpp"
#include "gate/web_site.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <optional>

namespace belfry::gate {

/// Serves a browser: with TLS or without, the files of the page over HTTP, and then a WebSocket
/// that carries the native protocol. Handshake and requests have a deadline each; the WebSocket has
/// none.
///
/// The session is told who the client is when the WebSocket is accepted. Without a session, the
/// page is served all the same.
class WebRelay {
  public:
    using ClientSocket = ClientStream::Socket;
    using SessionSocket = SessionLink::Socket;

    /// @param session closed if belfryd could not be reached
    /// @param credentials outlive the object, and their key is destroyed; null without a
    /// certificate
    /// @param logged_in called when the session has accepted the login of the client
    WebRelay(boost::asio::io_context& loop, ClientSocket client, SessionSocket session,
             Credentials* credentials, const WebSettings& settings, std::function<void()> logged_in,
             const RelayTimeouts& timeouts = {});
    WebRelay(const WebRelay&) = delete;
    WebRelay& operator=(const WebRelay&) = delete;
    ~WebRelay() = default;

    /// Starts. The event loop stops when the connection is over.
    void start();

    /// Tells whether the client has sent something that is neither a handshake nor a request.
    [[nodiscard]] bool has_refused_client() const noexcept {
        return has_failed_handshake_ || http_.has_refused_client();
    }

  private:
    void shake_hands();
    void finish_handshake(Outcome outcome);
    void serve();
    void upgrade(const HttpRequest& request);
    [[nodiscard]] bool introduce_client();
    void finish_session();
    void finish_client();
    void close_client();

    Credentials* credentials_;
    const WebSettings* settings_;
    std::function<void()> logged_in_;
    RelayTimeouts timeouts_;
    base::Endpoint peer_;
    base::Endpoint local_;
    ClientStream client_;
    SessionLink session_;
    std::optional<TlsHandshake> handshake_;
    RelayEnd end_;
    WebSite site_;
    HttpConnection http_;
    std::optional<WebCopy> copy_;
    bool has_failed_handshake_ = false;
};

}  // namespace belfry::gate

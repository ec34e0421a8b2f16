#pragma once

#include "base/endpoint.hpp"
#include "gate/copy.hpp"
#include "gate/credentials.hpp"
#include "gate/relay_end.hpp"
#include "gate/session_link.hpp"
#include "gate/tls_handshake.hpp"
#include "gate/tls_stream.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>

namespace belfry::gate {

/// Relays the native protocol between a client that uses TLS and its session. The client's bytes
/// are those of the protocol already, so it only decrypts and encrypts.
///
/// When the handshake is done, it destroys the key and writes the PROXY header to the session. The
/// end of one side is passed to the other: the client's as the end of input, the session's as
/// close_notify after its last line.
class NativeRelay {
  public:
    using ClientSocket = TlsStream::Socket;
    using SessionSocket = SessionLink::Socket;

    /// @param credentials outlive the object; their key is destroyed after the handshake
    /// @param logged_in called when the session has accepted the login of the client
    NativeRelay(boost::asio::io_context& loop, ClientSocket client, SessionSocket session,
                Credentials& credentials, std::function<void()> logged_in,
                const RelayTimeouts& timeouts = {});
    NativeRelay(const NativeRelay&) = delete;
    NativeRelay& operator=(const NativeRelay&) = delete;
    ~NativeRelay() = default;

    /// Starts the handshake. The event loop stops when the connection is over.
    void start();

    /// Tells whether the handshake has failed because of what the client has sent.
    [[nodiscard]] bool has_refused_client() const noexcept { return has_refused_client_; }

  private:
    using Upwards = Copy<TlsStream, SessionStream>;
    using Downwards = Copy<SessionStream, TlsStream>;

    void finish_handshake(Outcome outcome);
    void refuse_client(Outcome outcome);
    [[nodiscard]] bool introduce_client();
    void finish_upwards(Upwards::End end);
    void finish_downwards(Downwards::End end);
    void begin_closing() { end_.begin(timeouts_.last_words); }
    void close_client();

    std::function<void()> logged_in_;
    RelayTimeouts timeouts_;
    base::Endpoint peer_;
    base::Endpoint local_;
    TlsStream client_;
    SessionLink session_;
    TlsHandshake handshake_;
    RelayEnd end_;
    Upwards upwards_;
    Downwards downwards_;
    bool has_refused_client_ = false;
};

}  // namespace belfry::gate

#include "gate/tls_handshake.hpp"

#include "daemon/logger.hpp"

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

namespace belfry::gate {
namespace {

/// Acknowledges the end of the handshake now. A client with Nagle's algorithm holds its LOGIN back
/// until then, and nothing is sent to it that would carry the acknowledgement.
void acknowledge_at_once(int socket) noexcept {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace

void TlsHandshake::start() {
    credentials_->give_key(client_->tls());
    go_on();
}

void TlsHandshake::go_on() {
    const Outcome outcome = client_->shake_hands().outcome;
    if (outcome == Outcome::must_read || outcome == Outcome::must_write) {
        return client_->wait(outcome, [this](const boost::system::error_code& error) {
            if (!error) go_on();
        });
    }
    credentials_->forget_key(client_->tls());
    ::malloc_trim(0);  // the handshake needed far more memory than the rest
    if (outcome == Outcome::done) acknowledge_at_once(client_->socket().native_handle());
    ended_(outcome);
}

bool log_failed_handshake(Outcome outcome, const base::Endpoint& peer) {
    const bool is_clients_fault = outcome == Outcome::failed && ::ERR_peek_error() != 0;
    const std::string reason =
        is_clients_fault ? take_openssl_error() : "the client has closed the connection";
    log_event(LogLevel::debug, "TLS handshake with " + to_string(peer) + " failed: " + reason);
    return is_clients_fault;
}

}  // namespace belfry::gate

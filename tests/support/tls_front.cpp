#include "tests/support/tls_front.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/tcp_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string_view>

namespace belfry::test {
namespace {

using Bytes = std::array<char, 65536>;

sockaddr_in loopback(std::uint16_t port) {
    return socket_address("127.0.0.1", port);
}

base::UniqueFd new_socket() {
    base::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket) throw system_failure("socket");
    return socket;
}

SSL_CTX* new_context(const TlsFront::Options& options) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    bool works =
        SSL_CTX_use_certificate_chain_file(context, options.certificate.certificate.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(context, options.certificate.key.c_str(), SSL_FILETYPE_PEM) ==
            1 &&
        SSL_CTX_set_max_proto_version(context, options.newest_version) == 1;
    if (!options.client_authority.empty()) {
        works = works && SSL_CTX_load_verify_file(context, options.client_authority.c_str()) == 1;
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    if (!works) throw Failure{"the TLS server cannot use its files"};
    return context;
}

bool send_all(int socket, std::string_view bytes, std::size_t at_once) {
    while (!bytes.empty()) {
        const auto n = ::send(socket, bytes.data(), std::min(bytes.size(), at_once), MSG_NOSIGNAL);
        if (n < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

/// One connection: decrypts what comes from the client, and encrypts what goes to it.
class Relay {
  public:
    Relay(SSL* session, int client, int server, std::size_t write_size)
        : session_{session}, client_{client}, server_{server}, write_size_{write_size} {}

    /// Passes bytes on until one side ends. @return false: there was no handshake
    bool run(const std::function<void()>& on_handshake) {
        bool is_done = false;
        std::array<pollfd, 2> ready{{{client_, POLLIN, 0}, {-1, POLLIN, 0}}};
        while (::poll(ready.data(), ready.size(), -1) > 0) {
            if (ready[0].revents != 0 && !from_client()) break;
            if (ready[1].revents != 0 && !from_server()) break;
            if (!is_done && SSL_is_init_finished(session_) == 1) {
                is_done = true;
                ready[1].fd = server_;
                on_handshake();
            }
        }
        return is_done;
    }

    /// Tells whether the client has reset the connection, and has not ended TLS before.
    [[nodiscard]] bool was_reset() const {
        return is_reset_ && (SSL_get_shutdown(session_) & SSL_RECEIVED_SHUTDOWN) == 0;
    }

  private:
    bool from_client() {
        Bytes bytes;
        const auto n = ::recv(client_, bytes.data(), bytes.size(), 0);
        is_reset_ = n < 0 && errno == ECONNRESET;
        if (n <= 0) return false;
        BIO_write(SSL_get_rbio(session_), bytes.data(), static_cast<int>(n));
        int plain = 0;
        while ((plain = SSL_read(session_, bytes.data(), bytes.size())) > 0) {
            if (!send_all(server_, {bytes.data(), static_cast<std::size_t>(plain)}, bytes.size())) {
                return false;
            }
        }
        const int error = SSL_get_error(session_, plain);
        ERR_clear_error();
        return flush() && error == SSL_ERROR_WANT_READ;
    }

    // The end of the server is passed on as TLS requires.
    bool from_server() {
        Bytes bytes;
        const auto n = ::recv(server_, bytes.data(), bytes.size(), 0);
        if (n > 0) SSL_write(session_, bytes.data(), static_cast<int>(n));
        if (n <= 0) SSL_shutdown(session_);
        return flush() && n > 0;
    }

    bool flush() {
        char* bytes = nullptr;
        BIO* const out = SSL_get_wbio(session_);
        const auto size = static_cast<std::size_t>(BIO_get_mem_data(out, &bytes));
        const bool is_sent = send_all(client_, {bytes, size}, write_size_);
        static_cast<void>(BIO_reset(out));
        return is_sent;
    }

    SSL* session_;
    int client_;
    int server_;
    std::size_t write_size_;
    bool is_reset_ = false;
};

std::string common_name(const SSL* session) {
    const std::unique_ptr<X509, void (*)(X509*)> certificate{SSL_get1_peer_certificate(session),
                                                             X509_free};
    std::array<char, 256> name{};
    if (!certificate) return {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                              name.size());
    return name.data();
}

}  // namespace

TlsFront::TlsFront(const Options& options)
    : options_{options}, context_{new_context(options)}, listener_{new_socket()} {
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    auto* bytes = reinterpret_cast<sockaddr*>(&address);
    const bool listens = ::bind(listener_.get(), bytes, length) == 0 &&
                         ::listen(listener_.get(), 16) == 0 &&
                         ::getsockname(listener_.get(), bytes, &length) == 0;
    if (!listens) throw system_failure("listening for TLS");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept(); }};
}

TlsFront::~TlsFront() {
    {
        const std::lock_guard lock{mutex_};
        is_ending_ = true;
    }
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    cut();
    for (std::thread& thread : threads_) thread.join();
    SSL_CTX_free(context_);
}

void TlsFront::cut() {
    const std::lock_guard lock{mutex_};
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    for (const int client : clients_) {
        ::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::shutdown(client, SHUT_RDWR);
    }
}

std::string TlsFront::last_client() const {
    const std::lock_guard lock{mutex_};
    return last_client_;
}

std::string TlsFront::last_name() const {
    const std::lock_guard lock{mutex_};
    return last_name_;
}

void TlsFront::accept() {
    while (true) {
        base::UniqueFd client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        const std::lock_guard lock{mutex_};
        if (!client || is_ending_) return;
        const int on = 1;
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        clients_.insert(client.get());
        threads_.emplace_back([this, socket = std::make_shared<base::UniqueFd>(std::move(client))] {
            serve(std::move(*socket));
        });
    }
}

void TlsFront::serve(base::UniqueFd client) {
    const base::UniqueFd server = new_socket();
    const sockaddr_in address = loopback(options_.behind);
    const std::unique_ptr<SSL, void (*)(SSL*)> session{SSL_new(context_), SSL_free};
    SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(session.get());
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        Relay relay{session.get(), client.get(), server.get(), options_.write_size};
        relay.run([&] {
            const std::lock_guard lock{mutex_};
            const char* name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
            last_name_ = name != nullptr ? name : "";
            last_client_ = common_name(session.get());
            ++handshakes_;
        });
        if (relay.was_reset()) ++resets_;
    }
    const std::lock_guard lock{mutex_};
    clients_.erase(client.get());
    client.reset();
}

}  // namespace belfry::test

#include "bench/support/connection.hpp"

#include "bench/support/interrupt.hpp"
#include "bench/support/socket_calls.hpp"
#include "tests/support/failure.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace belfry::bench {
namespace {

constexpr timeval timeout{60, 0};

sockaddr_in local_address(std::uint16_t port, std::uint32_t host = INADDR_LOOPBACK) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(host);
    return address;
}

base::UniqueFd new_socket() {
    base::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket) throw test::system_failure("socket");
    return socket;
}

void set_options(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

void bind_to_free_port(int fd, std::uint32_t host = INADDR_LOOPBACK) {
    const sockaddr_in address = local_address(0, host);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw test::system_failure("bind");
    }
}

std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw test::system_failure("getsockname");
    }
    return ntohs(address.sin_port);
}

std::uint16_t port_of_peer(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw test::system_failure("getpeername");
    }
    return ntohs(address.sin_port);
}

/// Throws the exception for a failed call: a signal, a timeout, or the end of the connection.
[[noreturn]] void give_up(const char* call) {
    const int error = errno;
    check_interrupt();
    if (error == EAGAIN) throw test::Failure(std::string{call} + ": the peer is silent");
    errno = error;
    throw test::system_failure(call);
}

}  // namespace

Connection::Connection(std::uint16_t port) : Connection{new_socket()} {
    connect(port);
}

void Connection::connect(std::uint16_t port) const {
    const sockaddr_in address = local_address(port);
    if (::connect(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        give_up("connect");
    }
}

Connection::Connection(std::uint16_t port, const Tls* tls) : Connection{port} {
    if (tls != nullptr) start_tls(*tls);
}

Connection::Connection(std::uint16_t port, const Tls* tls, std::uint32_t source)
    : Connection{new_socket()} {
    bind_to_free_port(fd(), source);
    connect(port);
    if (tls != nullptr) start_tls(*tls);
}

void Connection::start_tls(const Tls& tls) {
    tls_.emplace(tls, fd());
}

void Connection::start_web_socket(const WebSocketTarget& target) {
    send(upgrade_request(target, port_of_peer(fd())));
    std::string response;
    // Each byte is received alone, because data may follow at once.
    for (std::array<char, 1> next{}; !response.ends_with("\r\n\r\n");) response += receive(next);
    if (!is_upgrade(response)) throw test::Failure("no WebSocket: " + response);
    web_socket_ = std::make_unique<WebSocketStream>(fd());
}

/// Waits until the socket is ready for a call that does not wait itself.
void Connection::wait_for(short events) const {
    pollfd entry{fd(), events, 0};
    const int count = ::poll(&entry, 1, static_cast<int>(timeout.tv_sec) * 1'000);
    if (count == 0) errno = EAGAIN;
    if (count != 1) give_up("poll");
}

void Connection::send(std::string_view bytes) const {
    while (has_layer() && !bytes.empty()) {
        bytes.remove_prefix(send_now(bytes));
        if (!bytes.empty()) wait_for(POLLOUT);
    }
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) give_up("send");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string_view Connection::receive(std::span<char> buffer) const {
    while (has_layer()) {
        const std::string_view received = receive_now(buffer);
        if (!received.empty()) return received;
        wait_for(POLLIN);
    }
    const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), 0);
    if (count < 0) give_up("recv");
    if (count == 0) throw test::Failure("the peer has closed the connection");
    return {buffer.data(), static_cast<std::size_t>(count)};
}

std::string_view Connection::receive_now(std::span<char> buffer) const {
    const std::size_t count = web_socket_ ? web_socket_->read_now(buffer)
                              : tls_      ? tls_->read_now(buffer)
                                          : receive_without_waiting(fd(), buffer);
    return {buffer.data(), count};
}

void Connection::wait_for_ever() const {
    const timeval for_ever{};
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
}

std::size_t Connection::send_now(std::string_view bytes) const {
    if (web_socket_) return web_socket_->write_now(bytes);
    if (tls_) return tls_->write_now(bytes);
    return send_without_waiting(fd(), bytes);
}

std::size_t Connection::discard_now(std::size_t max_bytes) const {
    if (web_socket_) return web_socket_->discard_now(max_bytes);
    if (tls_) return tls_->discard_now(max_bytes);
    return discard_without_waiting(fd(), max_bytes);
}

Connection::Connection(base::UniqueFd socket) : socket_{std::move(socket)} {
    set_options(fd());
}

Listener::Listener() : socket_{new_socket()} {
    bind_to_free_port(socket_.get());
    if (::listen(socket_.get(), SOMAXCONN) != 0) throw test::system_failure("listen");
}

std::uint16_t Listener::port() const {
    return port_of(socket_.get());
}

Connection Listener::accept() const {
    base::UniqueFd socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket) give_up("accept");
    return Connection{std::move(socket)};
}

std::uint16_t free_port() {
    const base::UniqueFd socket = new_socket();
    bind_to_free_port(socket.get());
    return port_of(socket.get());
}

}  // namespace belfry::bench

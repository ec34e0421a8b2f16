#include "bench/durable/connection.hpp"

#include "bench/durable/interrupt.hpp"
#include "tests/support/failure.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <string>

namespace belfry::bench {
namespace {

constexpr timeval patience{60, 0};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

test::Fd new_socket() {
    test::Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket.is_open()) throw test::system_failure("socket");
    return socket;
}

void set_options(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/// What a failed call means: a signal, nothing for too long, or the end of the connection.
[[noreturn]] void give_up(const char* call) {
    const int error = errno;
    check_interrupt();
    if (error == EAGAIN) throw test::Failure(std::string{call} + ": the peer is silent");
    errno = error;
    throw test::system_failure(call);
}

}  // namespace

Connection::Connection(std::uint16_t port) : socket_{new_socket()} {
    set_options(fd());
    const sockaddr_in address = loopback(port);
    if (::connect(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        give_up("connect");
    }
}

void Connection::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) give_up("send");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string_view Connection::receive(std::span<char> buffer) const {
    const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), 0);
    if (count < 0) give_up("recv");
    if (count == 0) throw test::Failure("the peer has closed the connection");
    return {buffer.data(), static_cast<std::size_t>(count)};
}

std::string_view Connection::receive_now(std::span<char> buffer) const {
    const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return {};
    if (count < 0) throw test::system_failure("recv");
    if (count == 0) throw test::Failure("the peer has closed the connection");
    return {buffer.data(), static_cast<std::size_t>(count)};
}

std::uint16_t free_port() {
    const test::Fd socket = new_socket();
    sockaddr_in address = loopback(0);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), generic, size) != 0) throw test::system_failure("bind");
    if (::getsockname(socket.get(), generic, &size) != 0) throw test::system_failure("getsockname");
    return ntohs(address.sin_port);
}

}  // namespace belfry::bench

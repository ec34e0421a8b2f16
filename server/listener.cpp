#include "server/listener.hpp"

#include "server/peer.hpp"
#include "server/start_error.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace belfry::server {
namespace {

/// An IPv4 or IPv6 socket address.
union Address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

Address make_address(const std::string& text, std::uint16_t port) {
    Address address{};
    if (::inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
        return address;
    }
    ::inet_pton(AF_INET6, text.c_str(), &address.v6.sin6_addr);
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    return address;
}

socklen_t size_of(const Address& address) {
    return address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6;
}

std::uint16_t bound_port(int socket) {
    Address address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, &address.any, &size);
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

void set(int socket, int level, int option, int value) noexcept {
    ::setsockopt(socket, level, option, &value, sizeof value);
}

/// Makes TCP detect within two minutes that a peer is gone. TCP_USER_TIMEOUT is not used, because
/// it would also end a client that does not read for a while.
void keep_alive(int socket) noexcept {
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(socket, IPPROTO_TCP, TCP_KEEPCNT, 6);
}

}  // namespace

Listener::Listener(const std::string& address, std::uint16_t port) : address_{address} {
    const Address wanted = make_address(address, port);
    socket_ = base::UniqueFd{
        ::socket(wanted.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    set(socket_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (!socket_ || ::bind(socket_.get(), &wanted.any, size_of(wanted)) == -1 ||
        ::listen(socket_.get(), SOMAXCONN) == -1) {
        const std::string why = std::strerror(errno);
        port_ = port;
        throw StartError{"cannot listen on " + name() + ": " + why};
    }
    port_ = bound_port(socket_.get());
}

base::UniqueFd Listener::accept() const noexcept {
    base::UniqueFd socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (socket) {
        // A session already writes everything that is due by one call.
        set(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
        keep_alive(socket.get());
    }
    return socket;
}

std::string Listener::name() const {
    return endpoint(address_, std::to_string(port_));
}

}  // namespace belfry::server

#include "server/listener.hpp"

#include "server/start_error.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <cstring>

namespace belfry::server {
namespace {

using boost::asio::ip::tcp;

std::string text_of(const std::string& address, std::uint16_t port) {
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
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

Listener::Listener(const std::string& address, std::uint16_t port) {
    tcp::endpoint endpoint{boost::asio::ip::make_address(address), port};
    socket_ = base::UniqueFd{
        ::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    set(socket_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    // Nagle's algorithm would only delay, because a session already writes everything that is due
    // by one call.
    set(socket_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    keep_alive(socket_.get());
    if (!socket_ ||
        ::bind(socket_.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == -1 ||
        ::listen(socket_.get(), SOMAXCONN) == -1) {
        const std::string why = std::strerror(errno);
        throw StartError{"cannot listen on " + text_of(address, port) + ": " + why};
    }
    auto size = static_cast<socklen_t>(endpoint.capacity());
    ::getsockname(socket_.get(), endpoint.data(), &size);
    port_ = endpoint.port();
    name_ = text_of(address, port_);
}

Accepted Listener::accept() const noexcept {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd =
        ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    return {base::UniqueFd{fd}, base::endpoint_in(peer)};
}

}  // namespace belfry::server

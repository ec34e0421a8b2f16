#include "tests/support/tcp_connection.hpp"

#include "tests/support/failure.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

namespace belfry::test {

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
    sockaddr_in endpoint{};
    endpoint.sin_family = AF_INET;
    endpoint.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &endpoint.sin_addr) != 1) {
        throw Failure{"no address: " + address};
    }
    return endpoint;
}

namespace {

base::UniqueFd connect_to(std::uint16_t port, int receive_buffer, const std::string& from) {
    base::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket) throw system_failure("socket");
    if (receive_buffer > 0) {
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    // Without TCP_NODELAY, pieces that a test sends one by one might arrive as one.
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The port is chosen at connect(), so that the ports in use limit only connections to one port.
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in local = socket_address(from, 0);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
        throw system_failure("binding to " + from);
    }
    const sockaddr_in address = socket_address("127.0.0.1", port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw Disconnected(system_failure("connecting to port " + std::to_string(port)).what());
    }
    return socket;
}

}  // namespace

TcpConnection::TcpConnection(std::uint16_t port, int receive_buffer, const std::string& from)
    : socket_{connect_to(port, receive_buffer, from)} {}

ssize_t TcpConnection::send(std::string_view bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t TcpConnection::receive(char* buffer, std::size_t size) {
    return ::recv(socket_.get(), buffer, size, MSG_DONTWAIT);
}

void TcpConnection::shutdown_sending() {
    ::shutdown(socket_.get(), SHUT_WR);
}

void TcpConnection::reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.reset();
}

}  // namespace belfry::test

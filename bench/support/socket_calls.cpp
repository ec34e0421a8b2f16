#include "bench/support/socket_calls.hpp"

#include "tests/support/failure.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace belfry::bench {
namespace {

std::size_t receive(int socket, char* buffer, std::size_t size, int flags) {
    const ssize_t count = ::recv(socket, buffer, size, flags | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return 0;
    if (count < 0) throw test::system_failure("recv");
    if (count == 0) throw test::Failure("the peer has closed the connection");
    return static_cast<std::size_t>(count);
}

}  // namespace

std::size_t send_without_waiting(int socket, std::string_view bytes) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return 0;
    if (count < 0) throw test::system_failure("send");
    return static_cast<std::size_t>(count);
}

std::size_t receive_without_waiting(int socket, std::span<char> buffer) {
    return receive(socket, buffer.data(), buffer.size(), 0);
}

std::size_t discard_without_waiting(int socket, std::size_t max_bytes) {
    return receive(socket, nullptr, max_bytes, MSG_TRUNC);
}

}  // namespace belfry::bench

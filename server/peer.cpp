#include "server/peer.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>

namespace belfry::server {

std::string peer_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    if (::getpeername(socket, any, &size) != 0 || address.ss_family == AF_UNIX ||
        ::getnameinfo(any, size, host.data(), host.size(), port.data(), port.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return "?";
    }
    return endpoint(host.data(), port.data());
}

std::string endpoint(const std::string& address, const std::string& port) {
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + port;
}

bool is_connected(int socket) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    return ::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
}

}  // namespace belfry::server

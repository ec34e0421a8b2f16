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
    const std::string name{host.data()};
    const bool v6 = address.ss_family == AF_INET6;
    return (v6 ? "[" + name + "]" : name) + ":" + port.data();
}

}  // namespace belfry::server

#include "admission/first_byte.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace belfry::admission {

FirstByte first_byte_of(int socket) noexcept {
    // recv() would still return bytes that came before a reset.
    pollfd input{socket, POLLIN, 0};
    if (::poll(&input, 1, 0) == 0) return FirstByte::missing;
    if ((input.revents & (POLLHUP | POLLERR)) != 0) return FirstByte::gone;
    char byte{};
    const auto count = ::recv(socket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0) return FirstByte::there;
    return count == -1 && errno == EAGAIN ? FirstByte::missing : FirstByte::gone;
}

}  // namespace belfry::admission

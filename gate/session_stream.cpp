#include "gate/session_stream.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace belfry::gate {

Step SessionStream::read(char* bytes, std::size_t size) noexcept {
    const ssize_t count = ::recv(socket_.native_handle(), bytes, size, MSG_DONTWAIT);
    has_more_ = count == static_cast<ssize_t>(size);
    if (count > 0) return {Outcome::done, static_cast<std::size_t>(count)};
    if (count == 0) return {Outcome::closed};
    return {errno == EAGAIN || errno == EINTR ? Outcome::must_read : Outcome::failed};
}

Step SessionStream::write(const char* bytes, std::size_t size) noexcept {
    const ssize_t count = ::send(socket_.native_handle(), bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) return {Outcome::done, static_cast<std::size_t>(count)};
    return {errno == EAGAIN || errno == EINTR ? Outcome::must_write : Outcome::failed};
}

}  // namespace belfry::gate

#include "gate/plain_stream.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace belfry::gate {

Step PlainStream::read(char* bytes, std::size_t size) noexcept {
    // A socket tells its error once, and then an orderly end.
    if (has_failed_) return {Outcome::failed};
    const ssize_t count = ::recv(socket_.native_handle(), bytes, size, MSG_DONTWAIT);
    has_more_ = count == static_cast<ssize_t>(size);
    if (count > 0) return {Outcome::done, static_cast<std::size_t>(count)};
    if (count == 0) return {Outcome::closed};
    return step_after_error(Outcome::must_read);
}

Step PlainStream::write(std::span<iovec> parts) noexcept {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) return {Outcome::done, static_cast<std::size_t>(count)};
    return step_after_error(Outcome::must_write);
}

Step PlainStream::step_after_error(Outcome if_not_ready) noexcept {
    if (errno == EAGAIN || errno == EINTR) return {if_not_ready};
    has_failed_ = true;
    return {Outcome::failed};
}

Step PlainStream::close() noexcept {
    ::shutdown(socket_.native_handle(), SHUT_WR);
    return {Outcome::done};
}

}  // namespace belfry::gate

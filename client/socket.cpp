#include "client/socket.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace belfry::client {
namespace {

constexpr std::size_t read_size = 65536;

bool would_wait(int error) {
    return error == EAGAIN || error == EINTR;
}

}  // namespace

bool Socket::receive() {
    make_room();
    const auto n = ::recv(fd(), in_.data() + in_end_, in_.size() - in_end_, 0);
    if (n == 0) return ended("closed by the server");
    if (n < 0) return would_wait(errno) || ended(std::strerror(errno));
    in_end_ += static_cast<std::size_t>(n);
    return true;
}

void Socket::consume(std::size_t count) noexcept {
    in_begin_ += count;
    if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
}

void Socket::make_room() {
    if (in_.size() - in_end_ >= read_size) return;
    const auto begin = in_.begin() + static_cast<std::ptrdiff_t>(in_begin_);
    const auto end = in_.begin() + static_cast<std::ptrdiff_t>(in_end_);
    std::copy(begin, end, in_.begin());
    in_end_ -= in_begin_;
    in_begin_ = 0;
    // Doubling the size keeps a large message from being copied for every piece that arrives.
    if (in_.size() - in_end_ < read_size) in_.resize(2 * (in_end_ + read_size));
}

void Socket::send() {
    while (!out_.empty()) {
        const auto n = ::send(fd(), out_.data(), out_.size(), MSG_NOSIGNAL);
        if (n < 0 && would_wait(errno)) return;
        out_.erase(0, n < 0 ? std::string::npos : static_cast<std::size_t>(n));
    }
}

bool Socket::ended(std::string_view why) {
    why_ = why;
    return false;
}

}  // namespace belfry::client

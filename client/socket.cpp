#include "client/socket.hpp"

#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace belfry::client {
namespace {

constexpr std::size_t read_size = 65536;
constexpr std::size_t encrypted_at_once = 65536;

bool would_wait(int error) {
    return error == EAGAIN || error == EINTR;
}

}  // namespace

Socket::~Socket() {
    out_.clear();
    wipe_sent();
    // After a close_notify the server would take everything before it as complete.
    if (!tls_ || is_reset_ || owner_ != ::getpid()) return;
    tls_->close();
    static_cast<void>(send_all(tls_->encrypted()));
}

bool Socket::receive() {
    make_room();
    if (tls_) {
        std::array<char, read_size> encrypted;
        const auto n = receive_into(encrypted);
        return n && decrypt({encrypted.data(), *n});
    }
    const auto n = receive_into({in_.data() + in_end_, in_.size() - in_end_});
    in_end_ += n.value_or(0);
    return n.has_value();
}

// Returns how many bytes have come; nothing if the connection has ended.
std::optional<std::size_t> Socket::receive_into(std::span<char> room) {
    const auto n = ::recv(fd(), room.data(), room.size(), 0);
    if (n > 0) {
        is_silent_ = false;
        return static_cast<std::size_t>(n);
    }
    if (n < 0 && would_wait(errno)) return 0;
    loss_ = {.why = n == 0 ? "closed by the server" : std::strerror(errno)};
    return std::nullopt;
}

// Decrypts everything, because poll() does not report bytes that have left the kernel.
bool Socket::decrypt(std::string_view bytes) {
    tls_->receive(bytes);
    while (const auto n = tls_->read({in_.data() + in_end_, in_.size() - in_end_})) {
        in_end_ += n;
        make_room();
    }
    if (tls_->loss()) loss_ = *tls_->loss();
    return !tls_->loss();
}

void Socket::set_reset(bool is_reset) {
    is_reset_ = is_reset;
    const linger at_once{.l_onoff = is_reset ? 1 : 0, .l_linger = 0};
    // Without the option the connection is closed instead.
    static_cast<void>(::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
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

// erase() leaves bytes after the end of the string.
void Socket::wipe_sent() {
    const std::size_t size = out_.size();
    out_.resize(out_.capacity());
    ::explicit_bzero(out_.data() + size, out_.size() - size);
    out_.resize(size);
}

void Socket::send() {
    if (!tls_) {
        static_cast<void>(send_all(out_));
        return;
    }
    // Encrypts a piece only after the one before has left, so that encrypted bytes do not pile up.
    while (send_all(tls_->encrypted()) && !out_.empty()) {
        const std::size_t count = std::min(out_.size(), encrypted_at_once);
        tls_->write(std::string_view{out_}.substr(0, count));
        out_.erase(0, count);
    }
}

// Returns false if the kernel takes no more now.
bool Socket::send_all(std::string& bytes) const {
    while (!bytes.empty()) {
        const auto n = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && would_wait(errno)) return false;
        bytes.erase(0, n < 0 ? std::string::npos : static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace belfry::client

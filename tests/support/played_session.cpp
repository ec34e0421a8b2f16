#include "tests/support/played_session.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>

namespace belfry::test {
namespace {

constexpr std::size_t header_start = 16;  ///< signature, command, family and length

}  // namespace

PlayedSession::PlayedSession(base::UniqueFd socket) : socket_{std::move(socket)} {
    const auto wait = scaled(default_wait).count();
    const timeval time{wait / 1000, wait % 1000 * 1000};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

std::string PlayedSession::read_header() {
    const std::string start = read(header_start);
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(start[at]); };
    return start + read(static_cast<std::size_t>(byte(14) << 8 | byte(15)));
}

std::string PlayedSession::read(std::size_t count) {
    std::string bytes(count, '\0');
    const ssize_t got = ::recv(socket_.get(), bytes.data(), count, MSG_WAITALL);
    if (got == -1) throw system_failure("the relay has sent nothing");
    bytes.resize(static_cast<std::size_t>(got));
    if (bytes.size() != count) throw Disconnected("the relay has closed after '" + bytes + "'");
    return bytes;
}

std::string PlayedSession::read_to_the_end() {
    std::string all;
    char buffer[65536];
    for (;;) {
        const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
        if (count == -1) throw system_failure("the relay does not end");
        if (count == 0) return all;
        all.append(buffer, static_cast<std::size_t>(count));
    }
}

void PlayedSession::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count == -1) throw system_failure("the relay takes nothing");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::size_t PlayedSession::send_some(std::string_view bytes) {
    const ssize_t count =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

void PlayedSession::shutdown_sending() {
    ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace belfry::test

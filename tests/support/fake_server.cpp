#include "tests/support/fake_server.hpp"

#include "tests/support/failure.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace belfry::test {

void FakeSession::say(std::string_view bytes) {
    const Deadline deadline{default_wait};
    while (!bytes.empty()) {
        const auto n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 || deadline.passed()) throw system_failure("sending to belfry");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

bool FakeSession::receive(int timeout_ms) {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, timeout_ms) <= 0) return false;
    std::array<char, 65536> buffer;
    const auto n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) ended_ = true;
    if (n < 0) is_reset_ = errno == ECONNRESET;
    if (n > 0) unread_.append(buffer.data(), static_cast<std::size_t>(n));
    return true;
}

void FakeSession::receive_or_fail(const Deadline& deadline, std::string_view wanted) {
    if (ended_) throw Failure("belfry closed; expected " + std::string{wanted});
    if (!receive(deadline.remaining_ms())) throw Failure("no " + std::string{wanted});
}

std::string FakeSession::line() {
    const Deadline deadline{default_wait};
    while (unread_.find("\r\n") == std::string::npos) receive_or_fail(deadline, "a line");
    const auto end = unread_.find("\r\n");
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 2);
    return line;
}

std::string FakeSession::bytes(std::size_t count) {
    const Deadline deadline{default_wait};
    while (unread_.size() < count) receive_or_fail(deadline, "a payload");
    std::string bytes = unread_.substr(0, count);
    unread_.erase(0, count);
    return bytes;
}

void FakeSession::expect(std::string_view expected) {
    const std::string is = line();
    if (is != expected) throw Failure("expected '" + std::string{expected} + "', got '" + is + "'");
}

void FakeSession::expect_send(std::uint64_t seq, std::string_view payload) {
    expect("SEND " + std::to_string(seq) + " " + std::to_string(payload.size()));
    const std::string is = bytes(payload.size() + 2);
    if (is != std::string{payload} + "\r\n") throw Failure("the payload is '" + is + "'");
}

void FakeSession::let_in(std::uint64_t seq, std::uint64_t cursor, std::string_view more) {
    expect("LOGIN 1 ack=manual");
    say("WELCOME 1 cursor=" + std::to_string(cursor) + " last=9999 seq=" + std::to_string(seq) +
        " server=fake/1 " + std::string{more} + "\r\n");
}

void FakeSession::let_go() {
    expect("QUIT");
    say("BYE quit\r\n");
    close();
}

void FakeSession::expect_closed() {
    const Deadline deadline{default_wait};
    while (!ended_) {
        if (!receive(deadline.remaining_ms())) throw Failure("belfry has not closed");
    }
    if (!unread_.empty()) throw Failure("belfry said '" + unread_ + "'");
}

bool FakeSession::is_reset() {
    expect_closed();
    return is_reset_;
}

void FakeSession::reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.reset();
}

bool FakeSession::is_silent(Milliseconds during) {
    return unread_.empty() && !receive(static_cast<int>(during.count()));
}

FakeServer::FakeServer() {
    listen();
}

void FakeServer::listen_again() {
    listen();
}

void FakeServer::listen() {
    listener_ = base::UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int yes = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    auto* bytes = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    if (::bind(listener_.get(), bytes, length) != 0) throw system_failure("bind");
    if (::listen(listener_.get(), 16) != 0) throw system_failure("listen");
    if (::getsockname(listener_.get(), bytes, &length) != 0) throw system_failure("getsockname");
    port_ = ntohs(address.sin_port);
}

FakeSession FakeServer::accept(Milliseconds within) {
    if (!is_called(Deadline{within}.remaining_ms())) throw Failure("no connection");
    base::UniqueFd socket = take_connection();
    if (!socket) throw system_failure("accept");
    return FakeSession{std::move(socket)};
}

base::UniqueFd FakeServer::take_connection() {
    if (!is_called(0)) return {};
    return base::UniqueFd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

bool FakeServer::is_called(int timeout_ms) const {
    pollfd ready{listener_.get(), POLLIN, 0};
    return ::poll(&ready, 1, timeout_ms) > 0;
}

}  // namespace belfry::test

#include "tests/support/raw_client.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/tls_connection.hpp"
#include "tests/support/web_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace belfry::test {
namespace {

/// Waits for one of the events, and returns those that have happened.
short wait_for(int fd, short events, int timeout_ms) {
    pollfd ready{fd, events, 0};
    return ::poll(&ready, 1, timeout_ms) > 0 ? ready.revents : short{0};
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer, const std::string& from)
    : connection_{std::make_unique<TcpConnection>(port, receive_buffer, from)} {}

RawClient::RawClient(base::UniqueFd socket)
    : connection_{std::make_unique<TcpConnection>(std::move(socket))} {}

RawClient::RawClient(std::uint16_t port, const TlsOptions& tls, int receive_buffer)
    : connection_{std::make_unique<TlsConnection>(port, tls, receive_buffer)} {}

RawClient::RawClient(std::uint16_t port, const WebOptions& web)
    : connection_{std::make_unique<WebConnection>(port, web)} {}

void RawClient::send(std::string_view bytes) {
    const Deadline deadline{default_wait};
    while (!bytes.empty()) {
        const short ready = wait_for(fd(), POLLIN | POLLOUT, deadline.remaining_ms());
        if (ready == 0) throw Failure("the server does not read");
        if ((ready & POLLIN) != 0 && end_ == End::none) receive(0);
        const ssize_t count = connection_->send(bytes);
        if (count < 0 && errno != EAGAIN) throw Disconnected(system_failure("send").what());
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
}

std::size_t RawClient::send_without_reading(std::string_view bytes, Milliseconds within) {
    const Deadline deadline{within};
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        if (wait_for(fd(), POLLOUT, deadline.remaining_ms()) == 0) break;
        const ssize_t count = connection_->send(bytes.substr(sent));
        if (count < 0 && errno != EAGAIN) throw Disconnected(system_failure("send").what());
        sent += static_cast<std::size_t>(std::max<ssize_t>(0, count));
    }
    return sent;
}

void RawClient::send_message(std::uint64_t seq, std::string_view payload) {
    std::string bytes = "SEND " + std::to_string(seq) + " " + std::to_string(payload.size());
    bytes.append("\r\n").append(payload).append("\r\n");
    send(bytes);
}

void RawClient::shutdown_sending() {
    connection_->shutdown_sending();
}

void RawClient::reset() {
    connection_->reset();
    end_ = End::reset;
}

bool RawClient::receive(int timeout_ms) {
    if (end_ != End::none) return false;
    if (wait_for(fd(), POLLIN, timeout_ms) == 0) return true;
    char buffer[65536];
    const ssize_t count = connection_->receive(buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) {
        end_ = count == 0 ? End::orderly : End::reset;
        return false;
    }
    reader_.feed({buffer, static_cast<std::size_t>(count)});
    return true;
}

std::optional<Frame> RawClient::next_received() {
    auto frame = reader_.next();
    if (frame) rules_.check(*frame);
    return frame;
}

std::optional<Frame> RawClient::next_or_end(Milliseconds within) {
    const Deadline deadline{within};
    for (;;) {
        if (auto frame = next_received()) return frame;
        if (deadline.passed()) {
            throw Failure("nothing came in time after '" + std::string{reader_.unread()} + "'");
        }
        if (!receive(deadline.remaining_ms())) return next_received();
    }
}

Frame RawClient::next(Milliseconds within) {
    auto frame = next_or_end(within);
    if (!frame) throw Disconnected("the server has closed the connection");
    return *std::move(frame);
}

Frame RawClient::expect(std::string_view line) {
    Frame frame = next();
    if (frame.line != line) {
        throw Failure("expected '" + std::string{line} + "', got '" + frame.line + "'");
    }
    return frame;
}

Frame RawClient::expect_verb(std::string_view verb) {
    Frame frame = next();
    if (frame.verb != verb) {
        throw Failure("expected " + std::string{verb} + ", got '" + frame.line + "'");
    }
    return frame;
}

void RawClient::expect_message(std::uint64_t id, std::string_view sender,
                               std::string_view payload) {
    const Frame frame = expect_verb("MSG");
    if (frame.number(0) != id || frame.fields[1] != sender || frame.payload != payload) {
        throw Failure("expected MSG " + std::to_string(id) + " " + std::string{sender} + " '" +
                      std::string{payload} + "', got '" + frame.line + "' '" + frame.payload + "'");
    }
}

void RawClient::expect_error(std::string_view code, std::string_view seq) {
    const Frame frame = expect_verb("ERR");
    if (frame.fields[0] != code || frame.fields[1] != seq || frame.fields[2].empty()) {
        throw Failure("expected ERR " + std::string{code} + " " + std::string{seq} +
                      " and a text, got '" + frame.line + "'");
    }
}

void RawClient::expect_closed() {
    if (const auto frame = next_or_end()) {
        throw Failure("expected the end, got '" + frame->line + "'");
    }
    if (end_ != End::orderly) throw Failure("the connection was reset");
    if (!reader_.unread().empty()) throw Failure("the connection ended within a frame");
}

std::vector<Frame> RawClient::read_to_the_end() {
    std::vector<Frame> frames;
    while (auto frame = next_or_end()) frames.push_back(*std::move(frame));
    return frames;
}

std::vector<Frame> RawClient::read_until(std::string_view verb) {
    std::vector<Frame> frames;
    do {
        frames.push_back(next());
    } while (frames.back().verb != verb);
    return frames;
}

std::vector<Frame> RawClient::read_until_id(std::uint64_t id) {
    std::vector<Frame> frames;
    while (rules_.last_id() < id) frames.push_back(next());
    return frames;
}

Frame RawClient::log_in(std::string_view client_id, std::string_view options) {
    std::string line = "LOGIN " + std::string{client_id};
    if (!options.empty()) line.append(" ").append(options);
    send(line + "\r\n");
    Frame frame = expect_verb("WELCOME");
    if (frame.fields[0] != client_id) throw Failure("not our WELCOME: '" + frame.line + "'");
    return frame;
}

std::vector<Frame> RawClient::log_in_live(std::string_view client_id, std::string_view options) {
    static_cast<void>(log_in(client_id, options));
    auto frames = read_until("LIVE");
    frames.pop_back();
    return frames;
}

void RawClient::expect_pong() {
    send("PING still-there\r\n");
    expect("PONG still-there");
}

std::vector<Frame> RawClient::quit() {
    send("QUIT\r\n");
    auto frames = read_until("BYE");
    if (frames.back().line != "BYE quit") throw Failure("not BYE quit: " + frames.back().line);
    frames.pop_back();
    expect_closed();
    return frames;
}

std::size_t count_verb(const std::vector<Frame>& frames, std::string_view verb) {
    return static_cast<std::size_t>(
        std::ranges::count_if(frames, [&](const Frame& frame) { return frame.verb == verb; }));
}

std::vector<std::string> lines_of(const std::vector<Frame>& frames) {
    std::vector<std::string> lines;
    for (const auto& frame : frames) lines.push_back(frame.line);
    return lines;
}

}  // namespace belfry::test

#include "tests/support/http_client.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/tls_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

namespace belfry::test {
namespace {

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string{text.substr(first, text.find_last_not_of(" \t") - first + 1)};
}

std::string in_lower_case(std::string_view text) {
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower;
}

}  // namespace

std::string HttpResponse::field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

HttpClient::HttpClient(std::uint16_t port, int receive_buffer)
    : port_{port}, connection_{std::make_unique<TcpConnection>(port, receive_buffer)} {}

HttpClient::HttpClient(std::uint16_t port, const TlsOptions& tls)
    : port_{port}, connection_{std::make_unique<TlsConnection>(port, tls)} {}

void HttpClient::send(std::string_view bytes) {
    const Deadline deadline{default_wait};
    while (!bytes.empty()) {
        const ssize_t count = connection_->send(bytes);
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EAGAIN) {
            throw Disconnected{system_failure("send").what()};
        } else {
            pollfd ready{connection_->fd(), POLLOUT, 0};
            if (::poll(&ready, 1, deadline.remaining_ms()) != 1) throw Failure{"nothing is taken"};
        }
    }
}

/// Receives something. @return false if the server has closed the connection
bool HttpClient::receive(const Deadline& deadline) {
    char buffer[65536];
    for (;;) {
        const ssize_t count = connection_->receive(buffer, sizeof buffer);
        if (count > 0) unread_.append(buffer, static_cast<std::size_t>(count));
        if (count > 0) return true;
        if (count == 0) return false;
        if (errno != EAGAIN) throw Disconnected{system_failure("receive").what()};
        pollfd ready{connection_->fd(), POLLIN, 0};
        if (::poll(&ready, 1, deadline.remaining_ms()) == 0) throw Failure{"no answer: " + unread_};
    }
}

std::string HttpClient::read_until(std::string_view end) {
    const Deadline deadline{default_wait};
    for (;;) {
        if (const auto at = unread_.find(end); at != std::string::npos) {
            return read_bytes(at + end.size());
        }
        if (!receive(deadline)) throw Disconnected{"closed after '" + unread_ + "'"};
    }
}

std::string HttpClient::read_bytes(std::size_t count) {
    const Deadline deadline{default_wait};
    while (unread_.size() < count) {
        if (!receive(deadline)) throw Disconnected{"closed after '" + unread_ + "'"};
    }
    std::string bytes = unread_.substr(0, count);
    unread_.erase(0, count);
    return bytes;
}

std::string HttpClient::read_to_the_end(Milliseconds within) {
    const Deadline deadline{within};
    while (receive(deadline)) {
    }
    return std::exchange(unread_, {});
}

bool HttpClient::is_waiting() {
    char byte = 0;
    return unread_.empty() && connection_->receive(&byte, 1) == -1 && errno == EAGAIN;
}

HttpResponse HttpClient::read(bool has_body) {
    const std::string head = read_until("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 ")) throw Failure{"no answer of HTTP/1.1: " + head};
    HttpResponse response{.status = std::stoi(head.substr(9, 3)), .fields = {}, .body = {}};
    for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
        const auto end = head.find("\r\n", at);
        const auto line = std::string_view{head}.substr(at, end - at);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) throw Failure{"no field: " + std::string{line}};
        const auto name = in_lower_case(line.substr(0, colon));
        if (!response.fields.emplace(name, trimmed(line.substr(colon + 1))).second) {
            throw Failure{"a field twice: " + name};
        }
        at = end + 2;
    }
    const auto length = response.field("content-length");
    if (has_body && !length.empty()) response.body = read_bytes(std::stoul(length));
    return response;
}

HttpResponse HttpClient::get(const std::string& path, const std::string& fields) {
    send("GET " + path + " HTTP/1.1\r\nHost: " + host() + "\r\n" + fields + "\r\n");
    return read();
}

std::string upgrade_fields() {
    return "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
}

std::string masked_frame(int opcode, std::string_view payload) {
    constexpr std::string_view mask = "\x11\x22\x33\x44";
    std::string frame{static_cast<char>(opcode)};
    const std::size_t size = payload.size();
    if (size < 126) {
        frame += static_cast<char>(0x80 | size);
    } else if (size < 65536) {
        frame += '\xfe';
        for (const int shift : {8, 0}) frame += static_cast<char>(size >> shift);
    } else {
        frame += '\xff';
        for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
    }
    frame += mask;
    for (std::size_t at = 0; at < size; ++at) {
        frame += static_cast<char>(payload[at] ^ mask[at % mask.size()]);
    }
    return frame;
}

}  // namespace belfry::test

#include "tests/support/web_connection.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace belfry::test {
namespace {

// The names are those of RFC 6455.
constexpr std::uint8_t final_frame = 0x80;
constexpr std::uint8_t masked = 0x80;
constexpr std::uint8_t opcode_bits = 0x0f;
constexpr std::uint8_t binary = 2;
constexpr std::uint8_t close = 8;
constexpr std::uint8_t ping = 9;
constexpr std::uint8_t pong = 10;
constexpr std::uint8_t length_in_16_bits = 126;
constexpr std::uint8_t length_in_64_bits = 127;
constexpr std::array<char, 4> mask{1, 2, 3, 4};

std::string in_network_order(std::uint64_t number, int bytes) {
    std::string text;
    for (int at = bytes - 1; at >= 0; --at) text.push_back(static_cast<char>(number >> (8 * at)));
    return text;
}

std::uint64_t from_network_order(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
    return number;
}

std::string length_text(std::size_t size) {
    if (size < length_in_16_bits) return {static_cast<char>(masked | size)};
    if (size < 65536) {
        return static_cast<char>(masked | length_in_16_bits) + in_network_order(size, 2);
    }
    return static_cast<char>(masked | length_in_64_bits) + in_network_order(size, 8);
}

void wait_for(int fd, short events) {
    pollfd ready{fd, events, 0};
    if (::poll(&ready, 1, static_cast<int>(default_wait.count())) == 1) return;
    throw Failure{"a web connection is not ready in time"};
}

}  // namespace

WebConnection::WebConnection(std::uint16_t port, const WebOptions& options)
    : TcpConnection{port, 0, options.from} {
    const std::string request = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                                "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                "Sec-WebSocket-Protocol: belfry.v1\r\n" +
                                options.headers + "\r\n";
    static_cast<void>(TcpConnection::send(request));
    std::string answer;
    while (!answer.ends_with("\r\n\r\n")) {  // what follows is left in the socket
        wait_for(fd(), POLLIN);
        char byte = 0;
        if (TcpConnection::receive(&byte, 1) != 1) throw Disconnected{"no upgrade: " + answer};
        answer += byte;
    }
    if (!answer.starts_with("HTTP/1.1 101 ")) throw Disconnected{"no upgrade: " + answer};
}

ssize_t WebConnection::send(std::string_view bytes) {
    send_frame(binary, bytes);
    return static_cast<ssize_t>(bytes.size());
}

void WebConnection::send_frame(std::uint8_t opcode, std::string_view payload) {
    std::string bytes{static_cast<char>(final_frame | opcode)};
    bytes += length_text(payload.size());
    bytes.append(mask.data(), mask.size());
    for (std::size_t at = 0; at < payload.size(); ++at) {
        bytes.push_back(static_cast<char>(payload[at] ^ mask[at % mask.size()]));
    }
    for (std::string_view rest{bytes}; !rest.empty();) {
        wait_for(fd(), POLLOUT);
        const ssize_t count = TcpConnection::send(rest);
        if (count < 0) throw Disconnected{system_failure("send").what()};
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

/// Reads the head of a frame, and the whole of a control frame, which it handles.
/// @return false if too little has arrived
bool WebConnection::begin_frame() {
    const auto byte = [this](std::size_t at) { return static_cast<std::uint8_t>(unread_[at]); };
    if (unread_.size() < 2) return false;
    const std::uint8_t length = byte(1);
    const std::size_t more = length == length_in_64_bits ? 8 : length == length_in_16_bits ? 2 : 0;
    if (unread_.size() < 2 + more) return false;
    const std::uint64_t size =
        more == 0 ? length : from_network_order(std::string_view{unread_}.substr(2, more));
    const std::uint8_t opcode = byte(0) & opcode_bits;
    if (opcode >= close && unread_.size() < 2 + size) return false;
    unread_.erase(0, 2 + more);
    if (opcode < close) {
        left_ = size;
        return true;
    }
    const std::string payload = unread_.substr(0, size);
    unread_.erase(0, size);
    if (opcode == ping) send_frame(pong, payload);
    if (opcode == close) is_closed_ = true;
    return true;
}

std::size_t WebConnection::take_payload(char* buffer, std::size_t size) {
    std::size_t taken = 0;
    while (!is_closed_ && (left_ > 0 || begin_frame())) {
        const std::size_t count =
            std::min({static_cast<std::size_t>(left_), unread_.size(), size - taken});
        if (count == 0 && left_ > 0) break;
        std::copy_n(unread_.data(), count, buffer + taken);
        unread_.erase(0, count);
        left_ -= count;
        taken += count;
    }
    return taken;
}

ssize_t WebConnection::receive(char* buffer, std::size_t size) {
    if (is_closed_) return 0;
    const ssize_t count = TcpConnection::receive(buffer, size);
    if (count == 0) errno = ECONNRESET;
    if (count <= 0) return -1;
    unread_.append(buffer, static_cast<std::size_t>(count));
    const std::size_t taken = take_payload(buffer, size);
    if (taken == 0 && !is_closed_) {
        errno = EAGAIN;
        return -1;
    }
    return static_cast<ssize_t>(taken);
}

void WebConnection::shutdown_sending() {
    send_frame(close, in_network_order(1000, 2));
}

}  // namespace belfry::test

#include "bench/support/web_socket.hpp"

#include "bench/support/socket_calls.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace belfry::bench {
namespace {

/// How much is received at once where headers may follow each other closely.
constexpr std::size_t read_buffer = std::size_t{16} << 10;

/// Fewer bytes of data are received together with the next header.
constexpr std::uint64_t min_discarded = 4 << 10;

/// The example of RFC 6455.
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accepted_key = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Each byte of the masking key. With four equal bytes, no byte of a message depends on its place.
constexpr unsigned char mask_byte = 0x5a;

constexpr unsigned char binary = 0x82;
constexpr unsigned char pong = 0x8a;

void append_number(std::string& out, std::uint64_t number, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(number >> static_cast<unsigned>(shift));
    }
}

void append_header(std::string& out, unsigned char type, std::size_t size) {
    constexpr unsigned char masked = 0x80;
    out += static_cast<char>(type);
    if (size < 126) {
        out += static_cast<char>(masked | size);
    } else if (size < std::size_t{1} << 16U) {
        out += static_cast<char>(masked | 126U);
        append_number(out, size, 2);
    } else {
        out += static_cast<char>(masked | 127U);
        append_number(out, size, 8);
    }
    out.append(4, static_cast<char>(mask_byte));
}

/// Masks eight bytes at a time.
void append_masked(std::string& out, std::string_view bytes) {
    constexpr std::uint64_t mask = 0x0101'0101'0101'0101 * mask_byte;
    const std::size_t begin = out.size();
    out += bytes;
    std::size_t at = begin;
    for (; at + sizeof mask <= out.size(); at += sizeof mask) {
        std::uint64_t word = 0;
        std::memcpy(&word, out.data() + at, sizeof word);
        word ^= mask;
        std::memcpy(out.data() + at, &word, sizeof word);
    }
    for (; at < out.size(); ++at) out[at] = static_cast<char>(out[at] ^ mask_byte);
}

}  // namespace

std::string upgrade_request(const WebSocketTarget& target, std::uint16_t port) {
    std::string request = "GET " + std::string{target.path} +
                          " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                          std::string{key} + "\r\n";
    if (!target.subprotocol.empty()) {
        request += "Sec-WebSocket-Protocol: " + std::string{target.subprotocol} + "\r\n";
    }
    return request + "\r\n";
}

bool is_upgrade(std::string_view response) {
    return response.starts_with("HTTP/1.1 101 ") && response.find(accepted_key) != response.npos;
}

std::size_t WebSocketStream::read_now(std::span<char> buffer) {
    const std::size_t count = receive_without_waiting(socket_, buffer);
    std::size_t data = 0;
    frames_.feed({buffer.data(), count}, [&](std::string_view piece) {
        std::memmove(buffer.data() + data, piece.data(), piece.size());
        data += piece.size();
    });
    answer_pings();
    return data;
}

std::size_t WebSocketStream::discard_now(std::size_t max_bytes) {
    std::array<char, read_buffer> buffer;
    std::size_t total = 0;
    while (total < max_bytes) {
        const std::size_t room = max_bytes - total;
        const auto data =
            static_cast<std::size_t>(std::min<std::uint64_t>(frames_.data_left(), room));
        const bool is_large = data >= min_discarded;
        const std::size_t wanted = is_large ? data : std::min(buffer.size(), room);
        std::size_t count = 0;
        if (is_large) {
            count = discard_without_waiting(socket_, wanted);
            frames_.skip(count);
            total += count;
        } else {
            count = receive_without_waiting(socket_, std::span{buffer}.first(wanted));
            frames_.feed({buffer.data(), count},
                         [&total](std::string_view piece) { total += piece.size(); });
        }
        if (count < wanted) break;
    }
    answer_pings();
    return total;
}

std::size_t WebSocketStream::write_now(std::string_view bytes) {
    if (unsent_payload_ == 0) begin_message(bytes.size());
    out_ = unsent_;
    append_masked(out_, bytes.substr(0, unsent_payload_));
    const std::size_t count = send_without_waiting(socket_, out_);
    const std::size_t before_payload = std::min(count, unsent_.size());
    unsent_.erase(0, before_payload);
    unsent_payload_ -= count - before_payload;
    return count - before_payload;
}

void WebSocketStream::begin_message(std::size_t size) {
    unsent_ += std::exchange(pongs_, {});
    append_header(unsent_, binary, size);
    unsent_payload_ = size;
}

/// Sends the pongs at once unless a message is begun.
void WebSocketStream::answer_pings() {
    for (const std::string& ping : frames_.take_pings()) {
        append_header(pongs_, pong, ping.size());
        append_masked(pongs_, ping);
    }
    if (unsent_payload_ > 0) return;
    unsent_ += std::exchange(pongs_, {});
    if (!unsent_.empty()) unsent_.erase(0, send_without_waiting(socket_, unsent_));
}

}  // namespace belfry::bench

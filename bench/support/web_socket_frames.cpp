#include "bench/support/web_socket_frames.hpp"

#include "tests/support/failure.hpp"

namespace belfry::bench {
namespace {

constexpr unsigned final_bit = 0x80;
constexpr unsigned close_opcode = 8;
constexpr unsigned ping_opcode = 9;
constexpr unsigned pong_opcode = 10;

unsigned byte_of(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// Returns the size of a header of which at least two bytes are known.
std::size_t size_of_header(std::string_view header) {
    const unsigned length = byte_of(header, 1);
    return length < 126 ? 2 : length == 126 ? 4 : 10;
}

std::uint64_t length_in(std::string_view header) {
    if (header.size() == 2) return byte_of(header, 1);
    std::uint64_t length = 0;
    for (std::size_t at = 2; at < header.size(); ++at) length = length << 8U | byte_of(header, at);
    return length;
}

std::string reason_of(std::string_view close) {
    if (close.size() < 2) return "without a reason";
    return std::to_string(byte_of(close, 0) << 8U | byte_of(close, 1)) + " " +
           std::string{close.substr(2)};
}

}  // namespace

/// Reads a header that is longer, belongs to a control frame or comes in pieces.
std::size_t WebSocketFrames::begin_other_frame(std::string_view bytes) {
    for (std::size_t count = 1; count <= bytes.size(); ++count) {
        header_ += bytes[count - 1];
        if (header_.size() < 2 || header_.size() < size_of_header(header_)) continue;
        take_header();
        header_.clear();
        return count;
    }
    return bytes.size();
}

void WebSocketFrames::take_header() {
    const unsigned flags_and_opcode = byte_of(header_, 0) & ~final_bit;
    const bool is_masked = byte_of(header_, 1) >= 128;
    const bool is_known = flags_and_opcode <= max_data_opcode ||
                          (flags_and_opcode >= close_opcode && flags_and_opcode <= pong_opcode);
    if (is_masked || !is_known) throw test::Failure("unexpected frame of a WebSocket");
    opcode_ = flags_and_opcode;
    is_data_ = opcode_ <= max_data_opcode;
    left_ = length_in(header_);
    if (!is_data_ && left_ == 0) take_control("");
}

void WebSocketFrames::take_control(std::string_view piece) {
    control_ += piece;
    if (left_ > 0) return;
    if (opcode_ == close_opcode) {
        throw test::Failure("the server has closed the WebSocket: " + reason_of(control_));
    }
    if (opcode_ == ping_opcode) pings_.push_back(control_);
    control_.clear();
}

}  // namespace belfry::bench

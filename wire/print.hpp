#pragma once

#include "wire/command.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Prints the frames and commands of the protocol. The functions append whole lines that end with
/// CRLF. They do not check their arguments: client-ids must be well-formed, and texts and tokens
/// must contain no line ending.
namespace belfry::wire {

void print(std::string& out, const Welcome& frame);
void print(std::string& out, const Message& frame);
void print(std::string& out, const Sent& frame);
void print(std::string& out, const Dup& frame);
void print(std::string& out, const Live& frame);
void print(std::string& out, const Gap& frame);
void print(std::string& out, const User& frame);
void print(std::string& out, const Presence& frame);
void print(std::string& out, const Pong& frame);
void print(std::string& out, const Error& frame);
void print(std::string& out, const Bye& frame);

/// Appends `END <first-id> <last-id>`, the end of an answer to HISTORY.
void print(std::string& out, const End& frame);
/// Appends `END`, the end of an answer to WHO.
void print_end_of_users(std::string& out);

/// Appends `ERR <code> <seq or -> <text>`, where the text is that of the code.
void print_error(std::string& out, ErrorCode code, std::uint64_t seq = 0);

/// Writes the head of a MSG frame, with its line ending, to the front of `out`, and returns its
/// length. The caller adds the payload and CRLF.
/// @param out at least max_frame_overhead bytes
[[nodiscard]] std::size_t print_message_head(std::span<char> out, std::uint64_t id,
                                             std::string_view sender, std::uint64_t time_ms,
                                             std::size_t payload_bytes) noexcept;

/// The length of the longest SENT line in bytes, its line ending included.
inline constexpr std::size_t max_sent_line = 5 + 20 + 1 + 20 + 2;

/// Writes `SENT <seq> <id>` to the front of `out`, and returns its length.
/// @param out at least max_sent_line bytes
[[nodiscard]] std::size_t print_sent(std::span<char> out, std::uint64_t seq,
                                     std::uint64_t id) noexcept;

void print(std::string& out, const Login& command);
void print(std::string& out, const Send& command);
void print(std::string& out, const Say& command);
void print(std::string& out, const Ack& command);
void print(std::string& out, const History& command);
void print(std::string& out, const Who& command);
void print(std::string& out, const Ping& command);
void print(std::string& out, const Quit& command);

}  // namespace belfry::wire

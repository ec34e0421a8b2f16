#pragma once

#include "wire/command.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Prints both directions of the protocol. All append whole lines, ended by CRLF, and trust what
/// they are given: client-ids are well-formed, texts and tokens hold no line ending.
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

/// `END <first-id> <last-id>`, the end of an answer to HISTORY.
void print(std::string& out, const End& frame);
/// `END`, the end of an answer to WHO.
void print_end_of_users(std::string& out);

/// `ERR <code> <seq or -> <text>` with the code's own text.
void print_error(std::string& out, ErrorCode code, std::uint64_t seq = 0);

/// The head of a MSG frame, with its line ending, into at least max_frame_overhead bytes.
/// Returns its length. The payload and CRLF follow it.
[[nodiscard]] std::size_t print_message_head(std::span<char> out, std::uint64_t id,
                                             std::string_view sender, std::uint64_t time_ms,
                                             std::size_t payload_bytes) noexcept;

/// Bytes that the longest SENT line takes, its ending included.
inline constexpr std::size_t max_sent_line = 5 + 20 + 1 + 20 + 2;

/// `SENT <seq> <id>` into at least max_sent_line bytes. Returns its length.
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

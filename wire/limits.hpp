#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The fixed limits of the protocol, and the characters of its names (wire/PROTOCOL.md).
namespace belfry::wire {

/// The longest control line, its line ending included, in bytes.
inline constexpr std::size_t max_line = 1024;

/// The longest line that a client accepts from a server, its line ending included, in bytes. It is
/// above max_line because the lines of a newer server may carry more options.
inline constexpr std::size_t max_frame_line = 65536;

/// The longest client-id, in bytes.
inline constexpr std::size_t max_client_id = 32;

/// The longest secret, in bytes and not encoded.
inline constexpr std::size_t max_secret = 256;

/// Tells whether the text is a client-id: 1 to 32 of `A-Z a-z 0-9 _ . -`.
[[nodiscard]] bool is_client_id(std::string_view text) noexcept;

/// Tells whether the text is an epoch: 1 to 32 hexadecimal digits.
[[nodiscard]] bool is_epoch(std::string_view text) noexcept;

/// The largest payload, in bytes, that a server reads and discards when it is above max-payload. A
/// larger one closes the connection, so max-payload is never above this.
inline constexpr std::uint64_t max_discard = 16ULL * 1024 * 1024;

/// The largest seq, 2^63-1.
inline constexpr std::uint64_t max_seq = 0x7fff'ffff'ffff'ffffULL;

/// An upper bound of the size of a MSG or PAST frame without its payload, in bytes: the verb, three
/// 20-digit numbers, a client-id, the spaces and two line endings.
inline constexpr std::size_t max_frame_overhead = 128;

}  // namespace belfry::wire

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The fixed limits of the protocol (wire/PROTOCOL.md).
namespace belfry::wire {

/// A control line with its ending, in bytes.
inline constexpr std::size_t max_line = 1024;

/// A line that a client accepts from a server, with its ending, in bytes. More generous than
/// max_line, since lines of a newer server may carry more options.
inline constexpr std::size_t max_frame_line = 65536;

/// A client-id, in bytes.
inline constexpr std::size_t max_client_id = 32;

/// Whether the text is a client-id: 1 to 32 of `A-Z a-z 0-9 _ . -`.
[[nodiscard]] bool is_client_id(std::string_view text) noexcept;

/// Whether the text is an epoch: 1 to 32 hexadecimal digits.
[[nodiscard]] bool is_epoch(std::string_view text) noexcept;

/// A payload that is announced larger than this many bytes closes the connection; one between
/// max-payload and this is read and thrown away. So no max-payload can be above it.
inline constexpr std::uint64_t max_discard = 16ULL * 1024 * 1024;

/// The largest seq, 2^63-1.
inline constexpr std::uint64_t max_seq = 0x7fff'ffff'ffff'ffffULL;

/// Room that the head of a MSG or PAST frame and the line ending behind its payload can take:
/// verb, three 20-digit numbers, a client-id, the spaces and two line endings.
inline constexpr std::size_t max_frame_overhead = 128;

}  // namespace belfry::wire

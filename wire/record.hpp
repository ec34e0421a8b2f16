#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// The format of a message in the log. A record is the encoded MSG frame, so that it need not be
/// formatted again for each receiver:
///
///     MSG <id> <sender> <time> <bytes> CRLF   the head, written by print_message_head()
///     <payload>
///     CRLF                                    record_tail
///
/// The index of the log knows the id, the sender and the length of each record.
namespace belfry::wire {

inline constexpr std::string_view record_tail = "\r\n";

/// A decoded record. Its views point into the bytes.
struct Record {
    std::uint64_t id;
    std::string_view sender;
    std::uint64_t time_ms;  ///< Unix time in milliseconds
    std::string_view payload;
    std::size_t bytes;  ///< of the whole record
};

/// Decodes the record at the front of the bytes. @return nothing if there is no complete record
[[nodiscard]] std::optional<Record> decode_record(std::string_view bytes) noexcept;

/// Tells whether the bytes are exactly the record of message `id` by `sender`.
[[nodiscard]] bool is_record(std::string_view bytes, std::uint64_t id,
                             std::string_view sender) noexcept;

}  // namespace belfry::wire

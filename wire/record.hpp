#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// How a message lies in the log. A record is the encoded MSG frame, so that nothing is formatted
/// once per receiver:
///
///     MSG <id> <sender> <time> <bytes> CRLF   the head, written by print_message_head()
///     <payload>
///     CRLF                                    record_tail
///
/// The index of the log knows the id, the sender and the length of each record.
namespace belfry::wire {

inline constexpr std::string_view record_tail = "\r\n";

/// What a record holds and the index does not.
struct RecordContent {
    std::uint64_t time_ms;  ///< Unix time in milliseconds
    std::string_view payload;
};

/// Decodes the record of message `id` by `sender`.
/// @return none: the bytes are not exactly this record. The payload points into the bytes.
[[nodiscard]] std::optional<RecordContent> decode_record(std::string_view record, std::uint64_t id,
                                                         std::string_view sender) noexcept;

/// Returns whether the bytes are exactly the record of message `id` by `sender`.
[[nodiscard]] bool is_record(std::string_view record, std::uint64_t id,
                             std::string_view sender) noexcept;

}  // namespace belfry::wire

#pragma once

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

/// The parts of a record that are not in the index.
struct RecordContent {
    std::uint64_t time_ms;  ///< Unix time in milliseconds
    std::string_view payload;
};

/// Decodes the record of message `id` by `sender`.
/// @return nothing if the bytes are not exactly this record. The payload points into the bytes.
[[nodiscard]] std::optional<RecordContent> decode_record(std::string_view record, std::uint64_t id,
                                                         std::string_view sender) noexcept;

/// Tells whether the bytes are exactly the record of message `id` by `sender`.
[[nodiscard]] bool is_record(std::string_view record, std::uint64_t id,
                             std::string_view sender) noexcept;

}  // namespace belfry::wire

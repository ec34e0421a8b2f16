#pragma once

#include "shm/log_reader.hpp"
#include "shm/log_writer.hpp"
#include "store/saved_log.hpp"
#include "wire/print.hpp"
#include "wire/record.hpp"

#include <optional>

/// Converts messages to records of the log and back. shm/ knows only the index, and wire/ only the
/// record.
namespace belfry::store {

/// The format of the records that sessions append (wire/record.hpp).
inline constexpr shm::RecordFormat record_format{&wire::print_message_head, wire::record_tail};

/// Decodes a record of the chunk. The views of the message point into the chunk. If the index does
/// not fit the record, which happens only in a damaged segment, the record is searched for in the
/// chunk.
/// @return nothing if the chunk does not contain the record
[[nodiscard]] std::optional<Message> message_in(const shm::Chunk& chunk,
                                                const shm::IndexEntry& entry) noexcept;

}  // namespace belfry::store

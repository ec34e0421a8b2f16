#pragma once

#include "shm/log_reader.hpp"
#include "shm/log_writer.hpp"
#include "store/saved_log.hpp"
#include "wire/print.hpp"
#include "wire/record.hpp"

#include <optional>

/// How messages get into the log and out of it: shm/ knows the index and wire/ the record.
namespace belfry::store {

/// The format in which sessions append, see wire/record.hpp.
inline constexpr shm::RecordFormat record_format{&wire::print_message_head, wire::record_tail};

/// Decodes a record of the chunk.
/// @return none: the index or the record is damaged. The views point into the chunk and the
/// segment.
[[nodiscard]] std::optional<Message> message_in(const shm::Segment& segment,
                                                const shm::Chunk& chunk,
                                                const shm::IndexEntry& entry) noexcept;

}  // namespace belfry::store

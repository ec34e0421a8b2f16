#pragma once

#include "shm/segment.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::shm {

/// Tells whether the bytes are a complete record of that id and sender.
using RecordCheck = bool (*)(std::string_view record, std::uint64_t id, std::string_view sender);

/// Returns the length of the entry at the front of the bytes; nothing if it is not whole or not an
/// entry.
using EntryLength = std::optional<std::size_t> (*)(std::string_view bytes);

/// Checks the invariants of layout.hpp. It only reads, and works while the server runs: a batch
/// that is being written breaks none. Any process that has the segment mapped may call it.
/// @param entry_length checks the entries of the outbox of a node of a cluster; null: not checked
/// @return one sentence for each broken invariant
[[nodiscard]] std::vector<std::string> broken_invariants(const Segment& segment,
                                                         RecordCheck is_record,
                                                         EntryLength entry_length = nullptr);

}  // namespace belfry::shm

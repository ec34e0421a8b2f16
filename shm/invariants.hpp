#pragma once

#include "shm/segment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace belfry::shm {

/// Whether the bytes are a whole record of that id by that sender.
using RecordCheck = bool (*)(std::string_view record, std::uint64_t id, std::string_view sender);

/// Checks the invariants of layout.hpp by reading alone, also while the server runs: a batch in
/// flight is no fault. Any process that has the segment mapped may call it.
/// @return one sentence for each one that is broken; empty: all hold
[[nodiscard]] std::vector<std::string> broken_invariants(const Segment& segment,
                                                         RecordCheck is_record);

}  // namespace belfry::shm

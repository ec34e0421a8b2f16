#pragma once

#include "shm/segment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace belfry::shm {

/// Tells whether the bytes are a complete record of that id and sender.
using RecordCheck = bool (*)(std::string_view record, std::uint64_t id, std::string_view sender);

/// Checks the invariants of layout.hpp. It only reads, and works while the server runs: a batch
/// that is being written breaks none. Any process that has the segment mapped may call it.
/// @return one sentence for each broken invariant
[[nodiscard]] std::vector<std::string> broken_invariants(const Segment& segment,
                                                         RecordCheck is_record);

}  // namespace belfry::shm

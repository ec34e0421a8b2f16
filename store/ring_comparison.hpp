#pragma once

#include "shm/segment.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::store {

/// Compares the records of the ring, from `first` to `last`, with the rows of the store. Where
/// writers overtake it, it goes on where the ring now starts.
/// @param first the oldest message in the store: what is below has been deleted
/// @param last at most what the segment says is stored
/// @return one sentence for each message that differs, up to twenty
/// @throws StoreError
[[nodiscard]] std::vector<std::string> differences(Database& database, const shm::Segment& segment,
                                                   std::uint64_t first, std::uint64_t last);

}  // namespace belfry::store

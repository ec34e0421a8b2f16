#pragma once

#include "shm/segment.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// Checks a store without writing to it, in one read transaction. A server may be running. Both
/// functions return one sentence for each problem; an empty list means that there is none.
namespace belfry::store {

/// Checks the store alone: the structure of the file (PRAGMA quick_check), that no id is missing,
/// and that no saved cursor is above the last id. Reads the whole file.
/// @throws StoreError if the file cannot be opened or is not a Belfry store
[[nodiscard]] std::vector<std::string> problems_in_store(const std::filesystem::path& data_dir);

/// Checks the store without quick_check, and that it belongs to the log of the segment: the epoch,
/// the last ids, and every record of the ring that counts as stored. Deletions by retention, a
/// batch in flight and an archiver that is at work are not problems.
/// @param compare_ring false if the ring itself is broken and must not be read
/// @throws StoreError if the file cannot be opened or is not a Belfry store
[[nodiscard]] std::vector<std::string> problems_between(const std::filesystem::path& data_dir,
                                                        const shm::Segment& segment,
                                                        bool compare_ring);

}  // namespace belfry::store

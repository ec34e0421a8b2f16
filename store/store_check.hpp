#pragma once

#include "shm/segment.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// Checks a store by reading alone, also while a server writes it: all of it is of one moment.
/// Both return one sentence for each thing that is broken; empty: all is well.
namespace belfry::store {

/// What a store says of itself: the file's structure (PRAGMA quick_check), ids without a hole, no
/// saved cursor above the end. Reads the whole file.
/// @throws StoreError where it cannot be opened, or is no Belfry store
[[nodiscard]] std::vector<std::string> broken_in_store(const std::filesystem::path& data_dir);

/// The same without quick_check, and whether store and segment are of one log: epoch, ends, and,
/// of the ring, every record that counts as stored. What retention has deleted, a batch in flight
/// and an archiver that goes on are no faults.
/// @param compare_ring false: the ring itself is broken, and is left alone
/// @throws StoreError likewise
[[nodiscard]] std::vector<std::string> broken_between(const std::filesystem::path& data_dir,
                                                      const shm::Segment& segment,
                                                      bool compare_ring);

}  // namespace belfry::store

#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>

namespace belfry::ctl {

/// Proves the invariants of the segment, that it agrees with its store, and that the store is
/// whole; of a store without a segment the last alone. Prints a sentence for each thing that is
/// broken, or that nothing is.
/// @return whether all holds. @throws Refusal where there is nothing to check; StoreError
[[nodiscard]] bool check(std::ostream& out, const std::filesystem::path& data_dir,
                         const std::optional<shm::FoundSegment>& found);

}  // namespace belfry::ctl

#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>

namespace belfry::ctl {

/// Checks the invariants of the segment and the store, and that both agree. Without a segment it
/// checks only the store. Prints a sentence for each problem, or says that there is none.
/// @param found the segment; empty: there is none
/// @return whether there is no problem
/// @throws Refusal if there is nothing to check; StoreError
[[nodiscard]] bool check(std::ostream& out, const std::filesystem::path& data_dir,
                         const std::optional<shm::FoundSegment>& found);

}  // namespace belfry::ctl

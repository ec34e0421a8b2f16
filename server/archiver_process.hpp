#pragma once

#include "base/placed_file.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace belfry::server {

/// All that the archiver inherits from the supervisor, besides standard error and the held `alive`
/// file. Everything else is closed before the archiver starts.
struct ArchiverHeritage {
    shm::Segment& segment;
    const std::filesystem::path& data_dir;
    /// The supervisor's `lock` and `alive`. If one of them is no longer at its path, another server
    /// could start in the data directory.
    const std::vector<base::PlacedFile>& lock_files;
    std::uint32_t generation;  ///< of its entry in the table of processes
};

/// Runs the archiver process after the fork and never returns. It stores new records until it is
/// told to drain, and retries every second while the store fails. The exit status is 0 if every
/// record has been stored.
[[noreturn]] void run_archiver(const ArchiverHeritage& heritage) noexcept;

}  // namespace belfry::server

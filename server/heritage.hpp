#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"
#include "shm/segment.hpp"
#include "shm/session_slots.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace belfry::server {

/// All that a session child inherits from the supervisor, besides standard error and the held
/// `alive` file. Everything else is closed before the child starts.
struct Heritage {
    shm::Segment& segment;
    const std::filesystem::path& data_dir;  ///< where the store is, if there is one
    shm::GivenSlot slot;
    base::UniqueFd socket;  ///< the client's connection, blocking
    std::chrono::steady_clock::time_point login_deadline;
};

/// The same for the archiver.
struct ArchiverHeritage {
    shm::Segment& segment;
    const std::filesystem::path& data_dir;
    /// The supervisor's `lock` and `alive`. While they are not in their places, another server can
    /// start in the data directory.
    const std::vector<base::PlacedFile>& lock_files;
    std::uint32_t generation;  ///< of its entry in the table of processes
};

}  // namespace belfry::server

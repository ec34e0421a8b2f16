#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace belfry::ctl {

/// The range of messages that were recovered; empty if last_id is below first_id.
struct Recovered {
    std::string epoch;
    std::uint64_t first_id = 0;  ///< older messages had left the segment
    std::uint64_t last_id = 0;
};

/// Makes a store from a segment whose server has ended and whose store is gone, in a data directory
/// without a store and without a server. The segment is not changed. The store appears complete or
/// not at all.
/// @throws Refusal, StoreError, shm::SegmentError, shm::DataDirectoryError
[[nodiscard]] Recovered recover_store(const std::filesystem::path& data_dir, int shmid);

}  // namespace belfry::ctl

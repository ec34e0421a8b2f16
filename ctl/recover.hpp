#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace belfry::ctl {

/// The messages that were recovered; last_id below first_id: none.
struct Recovered {
    std::string epoch;
    std::uint64_t first_id = 0;  ///< those below are not in the segment
    std::uint64_t last_id = 0;
};

/// Makes the store of a data directory, which has none and no server, from a segment whose server
/// has ended and whose store is gone. The segment stays as it is. The store appears whole or not at
/// all.
/// @throws Refusal, StoreError, shm::SegmentError, shm::DataDirectoryError
[[nodiscard]] Recovered recover_store(const std::filesystem::path& data_dir, int shmid);

}  // namespace belfry::ctl

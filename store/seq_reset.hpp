#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace belfry::store {

struct SeqReset {
    std::uint64_t was = 0;
    std::uint64_t now =
        0;  ///< the same: it is not above shm::max_free_seq, and nothing was changed
};

/// If a client's saved seq is above shm::max_free_seq, lowers it to the highest seq up to
/// shm::max_free_seq among its messages in the store. The new seq is on stable storage when the
/// function returns. There is one transaction, so that a kill leaves the old seq or the new one. By
/// the holder of the data directory's lock, without a server.
/// @return none: the store knows no such client
/// @throws StoreError, also where another process writes the store
[[nodiscard]] std::optional<SeqReset> reset_saved_seq(const std::filesystem::path& data_dir,
                                                      const std::string& client_id);

}  // namespace belfry::store

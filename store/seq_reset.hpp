#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace belfry::store {

/// The seq of a client before and after reset_saved_seq().
struct SeqReset {
    std::uint64_t was = 0;
    std::uint64_t now = 0;  ///< equal to `was` if nothing had to be changed
};

/// Lowers a client's saved seq, if it is above shm::max_free_seq, to the highest seq up to
/// shm::max_free_seq among its messages in the store. The new seq is on stable storage when the
/// function returns. It uses one transaction, so a kill leaves either the old seq or the new one.
/// The caller must hold the lock of the data directory, and no server may be running.
/// @return nothing if the store does not know the client
/// @throws StoreError, also if another process writes to the store, or the store is that of a node
/// of a cluster
[[nodiscard]] std::optional<SeqReset> reset_saved_seq(const std::filesystem::path& data_dir,
                                                      const std::string& client_id);

}  // namespace belfry::store

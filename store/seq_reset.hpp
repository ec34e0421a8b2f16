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

/// Sets the saved seq of a client, if it is above shm::max_free_seq, back to the highest one of its
/// messages in the store that is not. On stable storage when it returns. In one transaction, so
/// that a kill leaves the old seq or the new one. By the holder of the data directory's lock,
/// without a server.
/// @return none: the store knows no such client
/// @throws StoreError, also where another process writes the store
[[nodiscard]] std::optional<SeqReset> reset_saved_seq(const std::filesystem::path& data_dir,
                                                      const std::string& client_id);

}  // namespace belfry::store

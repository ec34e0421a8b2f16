#pragma once

#include "store/store_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace belfry::cluster {

/// Returns a hash of the messages from `first` to `last` in a database: SHA-256, as 64 hexadecimal
/// digits, over ids, senders, seqs, times and bodies. Databases of nodes that have applied the same
/// log have equal hashes. Reads page by page.
/// @return nothing if one of the messages is missing or cannot be read
/// @throws StoreError
[[nodiscard]] std::optional<std::string> hash_messages(store::StoreReader& reader,
                                                       std::uint64_t first, std::uint64_t last);

}  // namespace belfry::cluster

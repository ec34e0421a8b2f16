#pragma once

#include <filesystem>

namespace belfry::store {

/// Copies the store of a data directory into an empty file, also while a server writes it: what the
/// store holds at one moment, as one file without a WAL. By any process that may read the store.
/// @param fd can be read and written; whoever gives it syncs it
/// @param name of the copy, for messages
/// @throws StoreError
void back_up(const std::filesystem::path& data_dir, int fd, const std::filesystem::path& name);

}  // namespace belfry::store

#pragma once

#include <filesystem>

namespace belfry::store {

/// Copies the store of a data directory into an empty file. The copy holds the state of the store
/// at one moment, in one file without a WAL. A server may write to the store meanwhile. Any process
/// that may read the store can call this.
/// @param fd the file, open for reading and writing; the caller syncs it afterwards
/// @param name the name of the copy, for error messages
/// @throws StoreError
void back_up(const std::filesystem::path& data_dir, int fd, const std::filesystem::path& name);

}  // namespace belfry::store

#pragma once

#include "store/database.hpp"

#include <filesystem>

/// The file of a store, and what makes it one. README.md describes the tables.
namespace belfry::store {

/// A write-ahead log that is longer than this is started over as soon as its readers allow it, and
/// its file is then cut to this size.
inline constexpr int max_wal_bytes = 64 << 20;

/// `belfry.db` in the data directory.
[[nodiscard]] std::filesystem::path store_file(const std::filesystem::path& data_dir);

[[nodiscard]] bool has_store(const std::filesystem::path& data_dir) noexcept;

/// Opens the store to read it; it must exist. @throws StoreError, also where it is no Belfry store
/// or a newer one
[[nodiscard]] Database open_to_read(const std::filesystem::path& data_dir);

/// Opens the store to write it, and makes the tables where there are none yet. By the holder of
/// the store's lock alone. @throws StoreError likewise
[[nodiscard]] Database open_to_write(const std::filesystem::path& data_dir);

/// The same for a store that must exist. @throws StoreError likewise
[[nodiscard]] Database open_existing_to_write(const std::filesystem::path& data_dir);

/// The same as open_to_write() for a store that is being made under another name.
[[nodiscard]] Database open_file_to_write(const std::filesystem::path& file);

}  // namespace belfry::store

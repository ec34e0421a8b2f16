#pragma once

#include "store/database.hpp"

#include <filesystem>

/// The file of a store: its name, its schema, its settings. README.md describes the tables.
namespace belfry::store {

/// The size of the write-ahead log, in bytes, above which it is started over as soon as its readers
/// allow it. Its file is then cut to this size.
inline constexpr int max_wal_bytes = 64 << 20;

/// Returns the path of the store: `belfry.db` in the data directory.
[[nodiscard]] std::filesystem::path store_file(const std::filesystem::path& data_dir);

/// Tells whether the file of the store exists.
[[nodiscard]] bool has_store(const std::filesystem::path& data_dir) noexcept;

/// Opens the store, which must exist, for reading. @throws StoreError, also if it is not a Belfry
/// store or a newer one
[[nodiscard]] Database open_to_read(const std::filesystem::path& data_dir);

/// Opens the store for writing, and creates the file and the tables if they are missing. Only the
/// holder of the store's lock may call this. @throws StoreError as open_to_read()
[[nodiscard]] Database open_to_write(const std::filesystem::path& data_dir);

/// Opens the store for writing like open_to_write(), but creates nothing: the store must exist.
/// @throws StoreError as open_to_read()
[[nodiscard]] Database open_existing_to_write(const std::filesystem::path& data_dir);

/// Opens the file for writing like open_to_write(), for a store that is being built at another
/// path.
/// @throws StoreError as open_to_read()
[[nodiscard]] Database open_file_to_write(const std::filesystem::path& file);

}  // namespace belfry::store

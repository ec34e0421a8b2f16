#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"

#include <filesystem>
#include <optional>

namespace belfry::store {

/// The exclusive lock of the store's writer: an fcntl lock on the file `store-lock`. The kernel
/// releases it when its process dies, and child processes do not inherit it. So two archivers never
/// write at the same time.
class StoreLock {
  public:
    /// Takes the lock. @return nothing if another process has it
    /// @throws StoreError if the file cannot be opened
    [[nodiscard]] static std::optional<StoreLock> try_take(const std::filesystem::path& data_dir);

    /// Takes the lock. @throws StoreError if another process has it or the file cannot be opened
    [[nodiscard]] static StoreLock take(const std::filesystem::path& data_dir);
    /// Returns the locked file, to check that it is still at its path.
    [[nodiscard]] base::PlacedFile file_in(const std::filesystem::path& data_dir) const noexcept;

  private:
    explicit StoreLock(base::UniqueFd file) noexcept : file_{std::move(file)} {}

    base::UniqueFd file_;
};

}  // namespace belfry::store

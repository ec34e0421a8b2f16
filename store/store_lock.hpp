#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"

#include <filesystem>
#include <optional>

namespace belfry::store {

/// The right to write the store, by fcntl on the file `store-lock`: two archivers can never run at
/// once, and a dead one has given it up. Not inherited by children.
class StoreLock {
  public:
    /// None: another process has it. @throws StoreError where the file cannot be opened
    [[nodiscard]] static std::optional<StoreLock> try_take(const std::filesystem::path& data_dir);

    /// @throws StoreError where another process has it, too
    [[nodiscard]] static StoreLock take(const std::filesystem::path& data_dir);
    /// The file that is locked, at its path.
    [[nodiscard]] base::PlacedFile file_in(const std::filesystem::path& data_dir) const noexcept;

  private:
    explicit StoreLock(base::UniqueFd file) noexcept : file_{std::move(file)} {}

    base::UniqueFd file_;
};

}  // namespace belfry::store

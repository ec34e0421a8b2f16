#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

/// A data directory: who may own it, and its two lock files.
///
/// `lock`: held by the one belfryd (or the belfryctl that changes something) with fcntl. Children
/// do not inherit it, so a new belfryd can start while they still run.
/// `alive`: held shared with flock by every process of the server, through inheritance. Who gets
/// it exclusively knows that none of them lives.
namespace belfry::shm {

class DataDirectoryError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Another process holds `lock`.
class DataDirectoryInUse : public DataDirectoryError {
  public:
    DataDirectoryInUse(const std::filesystem::path& path, std::string holder);

    /// ` (process N)`; empty where it has only just let go.
    [[nodiscard]] const std::string& holder() const noexcept { return holder_; }

  private:
    std::string holder_;
};

/// Others than this process's user could change what the directory holds.
class DataDirectoryUnsafe : public DataDirectoryError {
  public:
    using DataDirectoryError::DataDirectoryError;
};

/// Makes the directory where there is none, for its owner alone.
/// @throws DataDirectoryError
void make_data_directory(const std::filesystem::path& path);

/// Refuses a directory that belongs neither to this process's user nor to root, and one that its
/// group or others may write to: its files say which segment is used and which processes get
/// signals. A missing directory passes.
/// @throws DataDirectoryUnsafe
/// @throws DataDirectoryError where nothing can be found out about it
void require_safe(const std::filesystem::path& path);

/// Held as long as the object lives.
class DataDirectoryLock {
  public:
    /// @throws DataDirectoryInUse where another process has it
    /// @throws DataDirectoryError where it cannot be written
    explicit DataDirectoryLock(const std::filesystem::path& path);

    /// The file that is locked. Where it is not in its place, another server can start.
    [[nodiscard]] const base::PlacedFile& file() const noexcept { return placed_; }

  private:
    base::UniqueFd file_;
    base::PlacedFile placed_;
};

/// Opens `alive` and holds it shared; every child that inherits the descriptor holds it too.
/// @throws DataDirectoryError
[[nodiscard]] base::UniqueFd hold_alive(const std::filesystem::path& path);

/// The file that hold_alive() has opened.
[[nodiscard]] base::PlacedFile alive_file(const std::filesystem::path& path,
                                          const base::UniqueFd& alive) noexcept;

/// Whether any process of the server lives.
[[nodiscard]] bool anybody_alive(const std::filesystem::path& path) noexcept;

}  // namespace belfry::shm

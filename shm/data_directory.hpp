#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

/// Checks the owner of a data directory, takes its two lock files, and names the gate's socket.
///
/// The running belfryd, or a belfryctl that changes something, locks `lock` with fcntl. Children do
/// not inherit the lock, so that a new belfryd can start while they still run. Every process of the
/// server locks `alive` shared with flock; children inherit this lock. A process that gets it
/// exclusively knows that no process of the server is left.
namespace belfry::shm {

class DataDirectoryError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Another process holds the file `lock`.
class DataDirectoryInUse : public DataDirectoryError {
  public:
    DataDirectoryInUse(const std::filesystem::path& path, std::string holder);

    /// Returns ` (process N)`, or nothing if the process has released the lock meanwhile.
    [[nodiscard]] const std::string& holder() const noexcept { return holder_; }

  private:
    std::string holder_;
};

/// Users other than this process's own could change the contents of the directory.
class DataDirectoryUnsafe : public DataDirectoryError {
  public:
    using DataDirectoryError::DataDirectoryError;
};

/// Creates the directory with mode 0700 if it does not exist.
/// @throws DataDirectoryError
void make_data_directory(const std::filesystem::path& path);

/// Throws unless the directory belongs to this process's user or to root, and only its owner may
/// write to it, because its files name the segment to use and the processes that get signals. A
/// missing directory passes.
/// @throws DataDirectoryUnsafe
/// @throws DataDirectoryError if the directory cannot be examined
void require_safe(const std::filesystem::path& path);

/// The lock on the file `lock`. It is held until the object is destroyed.
class DataDirectoryLock {
  public:
    /// @throws DataDirectoryInUse if another process holds it
    /// @throws DataDirectoryError if the file cannot be written
    explicit DataDirectoryLock(const std::filesystem::path& path);

    /// Returns the locked file. If it is not at its path any more, another server could start.
    [[nodiscard]] const base::PlacedFile& file() const noexcept { return placed_; }

  private:
    base::UniqueFd file_;
    base::PlacedFile placed_;
};

/// Opens `alive` and locks it shared. Every child that inherits the descriptor holds the lock too.
/// @throws DataDirectoryError
[[nodiscard]] base::UniqueFd hold_alive(const std::filesystem::path& path);

/// Returns the file that hold_alive() has opened.
[[nodiscard]] base::PlacedFile alive_file(const std::filesystem::path& path,
                                          const base::UniqueFd& alive) noexcept;

/// Returns the path of the socket at which belfryd accepts the connections of the gate's relays.
[[nodiscard]] std::filesystem::path gate_socket(const std::filesystem::path& path);

/// Removes the socket that a dead server has left, and one that it had not put in place yet. Only
/// the process that holds the data directory's lock calls it.
void remove_gate_socket(const std::filesystem::path& path) noexcept;

/// Tells whether any process of the server is running.
[[nodiscard]] bool anybody_alive(const std::filesystem::path& path) noexcept;

}  // namespace belfry::shm

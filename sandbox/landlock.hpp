#pragma once

#include "base/unique_fd.hpp"
#include "sandbox/system_calls.hpp"

#include <filesystem>
#include <vector>

namespace belfry::sandbox {

/// A Landlock ruleset, which allows reading what is below some paths. Everything else that the
/// kernel's version of Landlock can refuse is refused: other files, writing and creating any,
/// listening and connecting by TCP, and abstract Unix sockets of other processes.
class LandlockRuleset {
  public:
    /// Opens the ruleset. It stays empty if the kernel has no Landlock.
    /// @throws std::system_error, for example if a path does not exist
    LandlockRuleset(ProcessKind kind, const std::vector<std::filesystem::path>& readable);

    /// Restricts the calling thread and all threads and processes that it starts from now on. The
    /// process must have given up gaining privileges. An empty ruleset restricts nothing.
    /// @return false with errno
    [[nodiscard]] bool restrict_self() const noexcept;

    /// Returns the version of Landlock that is used; 0 without one.
    [[nodiscard]] unsigned version() const noexcept { return version_; }

    /// The open ruleset; -1 without Landlock.
    [[nodiscard]] int descriptor() const noexcept { return ruleset_.get(); }

  private:
    void allow_reading(const std::filesystem::path& path) const;

    unsigned version_;
    base::UniqueFd ruleset_;
};

/// Returns the folders that a process must be able to read so that it can open `file` again after
/// another file has been put in its place: the folder of the path, and that of the file to which
/// the path leads through symbolic links now.
[[nodiscard]] std::vector<std::filesystem::path> folders_of(const std::filesystem::path& file);

}  // namespace belfry::sandbox

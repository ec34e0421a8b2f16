#pragma once

#include "shm/data_directory.hpp"

#include <filesystem>
#include <optional>

namespace belfry::ctl {

/// A data directory in which a new store is made. It has no store, no server and no segment, and is
/// locked as long as the object exists. If this object has created the directory and no store is
/// made, the destructor removes the directory.
class NewDataDirectory {
  public:
    /// Creates the directory if it is missing, and locks it.
    /// @throws Refusal, shm::DataDirectoryError
    explicit NewDataDirectory(const std::filesystem::path& path);
    NewDataDirectory(const NewDataDirectory&) = delete;
    NewDataDirectory& operator=(const NewDataDirectory&) = delete;
    ~NewDataDirectory();

    /// Keeps the directory, because the store was made.
    void keep() noexcept { is_kept_ = true; }

  private:
    std::filesystem::path path_;
    bool is_new_;
    bool is_kept_ = false;
    std::optional<shm::DataDirectoryLock> lock_;
};

}  // namespace belfry::ctl

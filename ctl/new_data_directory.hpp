#pragma once

#include "shm/data_directory.hpp"

#include <filesystem>
#include <optional>

namespace belfry::ctl {

/// A data directory in which a store is made: it has none, no server and no segment, and is locked
/// as long as the object lives. If no store was made, a directory that this object created is
/// removed.
class NewDataDirectory {
  public:
    /// @throws Refusal, shm::DataDirectoryError
    explicit NewDataDirectory(const std::filesystem::path& path);
    NewDataDirectory(const NewDataDirectory&) = delete;
    NewDataDirectory& operator=(const NewDataDirectory&) = delete;
    ~NewDataDirectory();

    /// The store is made.
    void keep() noexcept { is_kept_ = true; }

  private:
    std::filesystem::path path_;
    bool is_new_;
    bool is_kept_ = false;
    std::optional<shm::DataDirectoryLock> lock_;
};

}  // namespace belfry::ctl

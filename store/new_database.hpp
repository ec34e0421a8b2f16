#pragma once

#include "base/unique_fd.hpp"

#include <filesystem>

namespace belfry::store {

/// A new database that appears at its path complete or not at all. It is written to the file
/// `PATH.new`, with the mode 0600, which is then renamed. A process that is killed before the
/// rename leaves that file. The folder is opened only once, so that nobody can replace it by
/// another folder or a link meanwhile.
class NewDatabase {
  public:
    /// Creates the empty temporary file.
    /// @param path must not exist, and neither must a WAL or a journal of that name, because SQLite
    /// would use it as a part of the new database
    /// @throws StoreError
    explicit NewDatabase(std::filesystem::path path);
    NewDatabase(const NewDatabase&) = delete;
    NewDatabase& operator=(const NewDatabase&) = delete;
    /// Removes the temporary file if it was not installed.
    ~NewDatabase();

    /// Returns the path of the temporary file, to which the database is to be written.
    [[nodiscard]] const std::filesystem::path& temporary_path() const noexcept {
        return temporary_path_;
    }
    /// Returns the descriptor of the temporary file.
    [[nodiscard]] int fd() const noexcept { return file_.get(); }

    /// Syncs the temporary file, and renames it to its final path. It never replaces a file. The
    /// database must be one file without a WAL, and all connections to it must be closed.
    /// @throws StoreError
    void install();

  private:
    void require_absent(const std::filesystem::path& path) const;
    void create_empty();
    void rename_file() const;

    std::filesystem::path path_;
    std::filesystem::path temporary_path_;
    base::UniqueFd folder_;
    base::UniqueFd file_;
    bool is_installed_ = false;
};

}  // namespace belfry::store

#pragma once

#include "base/unique_fd.hpp"

#include <filesystem>

namespace belfry::store {

/// A database that appears whole or not at all: it is written beside its place, under the name with
/// `.new` behind it, for its owner alone, and then renamed. What is killed before leaves that file.
/// The folder is opened once, so that nobody can put another one, or a link, in its place
/// meanwhile.
class NewDatabase {
  public:
    /// @param place must not exist, and no file of a WAL or a journal beside it: SQLite would take
    /// it for a part of the new database
    /// @throws StoreError
    explicit NewDatabase(std::filesystem::path place);
    NewDatabase(const NewDatabase&) = delete;
    NewDatabase& operator=(const NewDatabase&) = delete;
    /// Removes what was not published.
    ~NewDatabase();

    /// Where to write it: an empty file, and the same opened.
    [[nodiscard]] const std::filesystem::path& beside() const noexcept { return beside_; }
    [[nodiscard]] int fd() const noexcept { return file_.get(); }

    /// Makes it durable, and renames it. It is one file without a WAL, and no connection to it is
    /// open any more. Replaces nothing. @throws StoreError
    void publish();

  private:
    void require_absent(const std::filesystem::path& path) const;
    void create_empty();
    void rename_file() const;

    std::filesystem::path place_;
    std::filesystem::path beside_;
    base::UniqueFd folder_;
    base::UniqueFd file_;
    bool is_published_ = false;
};

}  // namespace belfry::store

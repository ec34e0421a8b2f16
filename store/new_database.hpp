#pragma once

#include <filesystem>

namespace belfry::store {

/// A database that appears whole or not at all: it is written beside its place, under the name with
/// `.new` behind it, for its owner alone, and then renamed. What is killed before leaves that file.
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

    /// Where to write it: an empty file.
    [[nodiscard]] const std::filesystem::path& beside() const noexcept { return beside_; }

    /// Makes it one file, durable, and renames it. No connection to it is open any more. Replaces
    /// nothing. @throws StoreError
    void publish();

  private:
    std::filesystem::path place_;
    std::filesystem::path beside_;
    bool is_published_ = false;
};

}  // namespace belfry::store

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

struct sqlite3;

namespace belfry::test {

/// The database of a store, opened with SQLite alone, so that a test can inspect or damage it.
class StoreDb {
  public:
    /// Opens the database of this data directory.
    explicit StoreDb(const std::filesystem::path& data_dir);
    StoreDb(const StoreDb&) = delete;
    StoreDb& operator=(const StoreDb&) = delete;
    ~StoreDb();

    /// Runs SQL text; throws Failure if that fails.
    void run(const std::string& sql);

    /// Returns the first column of the first row as text; throws Failure if the query fails.
    [[nodiscard]] std::string text(const std::string& sql);
    [[nodiscard]] std::uint64_t number(const std::string& sql);

    [[nodiscard]] static std::filesystem::path file(const std::filesystem::path& data_dir) {
        return data_dir / "belfry.db";
    }

  private:
    sqlite3* handle_ = nullptr;
};

}  // namespace belfry::test

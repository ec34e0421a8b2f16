#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

struct sqlite3;

namespace belfry::test {

/// A store's database, for a test to look into or to damage, with SQLite alone.
class StoreDb {
  public:
    /// The database of that data directory.
    explicit StoreDb(const std::filesystem::path& data_dir);
    StoreDb(const StoreDb&) = delete;
    StoreDb& operator=(const StoreDb&) = delete;
    ~StoreDb();

    /// Runs SQL text; throws Failure where it cannot.
    void run(const std::string& sql);

    /// The first column of the first row, as a text. Throws Failure likewise.
    [[nodiscard]] std::string text(const std::string& sql);
    [[nodiscard]] std::uint64_t number(const std::string& sql);

    [[nodiscard]] static std::filesystem::path file(const std::filesystem::path& data_dir) {
        return data_dir / "belfry.db";
    }

  private:
    sqlite3* handle_ = nullptr;
};

}  // namespace belfry::test

#pragma once

#include <filesystem>
#include <string_view>

namespace belfry::test {

/// A new directory below $BELFRY_TEST_ROOT, else below $TMPDIR or /tmp. Removed, with all that is
/// in it, at the end.
class TempDir {
  public:
    TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes a file into it and returns the file's path.
    [[nodiscard]] std::filesystem::path write(std::string_view name,
                                              std::string_view contents) const;

  private:
    std::filesystem::path path_;
};

/// The whole of a file; throws Failure where it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace belfry::test

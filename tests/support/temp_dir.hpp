#pragma once

#include <filesystem>
#include <string_view>

namespace belfry::test {

/// A new directory, removed with all that is in it at the end.
class TempDir {
  public:
    /// Makes it below $BELFRY_TEST_ROOT, else below $TMPDIR or /tmp.
    TempDir();

    /// Makes it below a directory that exists, so on a disk that the caller chooses.
    explicit TempDir(const std::filesystem::path& parent);
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes a file into it and returns the file's path.
    [[nodiscard]] std::filesystem::path write(std::string_view name,
                                              std::string_view contents) const;

    /// Makes a new directory in it and returns the directory's path.
    [[nodiscard]] std::filesystem::path make(std::string_view name) const;

  private:
    std::filesystem::path path_;
};

/// The whole of a file; throws Failure where it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace belfry::test

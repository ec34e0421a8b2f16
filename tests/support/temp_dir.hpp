#pragma once

#include <filesystem>
#include <string_view>

namespace belfry::test {

/// A new directory. The destructor removes it and everything in it.
class TempDir {
  public:
    /// Makes the directory below $BELFRY_TEST_ROOT; if that is not set, below $TMPDIR or /tmp.
    TempDir();

    /// Makes the directory below an existing one, so the caller can choose the disk.
    explicit TempDir(const std::filesystem::path& parent);
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes a file into the directory, and returns the file's path.
    [[nodiscard]] std::filesystem::path write(std::string_view name,
                                              std::string_view contents) const;

    /// Makes a new directory in this one, and returns its path.
    [[nodiscard]] std::filesystem::path make(std::string_view name) const;

  private:
    std::filesystem::path path_;
};

/// Returns the contents of a file; throws Failure if it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace belfry::test

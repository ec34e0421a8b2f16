#pragma once

#include <filesystem>
#include <string_view>

namespace belfry::bench {

/// A new directory, removed with all that is in it at the end.
class ScratchDir {
  public:
    /// @param parent exists, and stands on the disk that is to be measured
    explicit ScratchDir(const std::filesystem::path& parent);
    ScratchDir(const ScratchDir&) = delete;
    ScratchDir& operator=(const ScratchDir&) = delete;
    ~ScratchDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// A new directory in it.
    [[nodiscard]] std::filesystem::path make(std::string_view name) const;

  private:
    std::filesystem::path path_;
};

/// Whether files there live in memory, so that syncing them costs nothing.
[[nodiscard]] bool is_in_memory(const std::filesystem::path& path);

}  // namespace belfry::bench

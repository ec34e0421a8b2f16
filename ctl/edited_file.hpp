#pragma once

#include "base/unique_fd.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

/// A file that people and programs read at any time, and that one process at a time may change.
namespace belfry::ctl {

/// A file in a folder that was opened, so that nobody can replace the folder by another one or by a
/// link meanwhile.
struct FilePlace {
    std::filesystem::path path;  ///< absolute
    base::UniqueFd folder;
    struct stat folder_facts;
};

/// Opens the folder of a file. Root refuses a path that anybody but root and the owner of that
/// folder can redirect (trusted_path()).
/// @param what is at the path, for messages
/// @throws Refusal
[[nodiscard]] FilePlace open_place(const std::filesystem::path& file, std::string_view what);

enum class Access {
    read,           ///< without a lock
    change,         ///< with the lock
    change_or_make  ///< likewise; a missing file is created, empty and with the mode 0600
};

/// A file that is changed as a whole. While an object may change it, no other process can create
/// such an object. A link, a pipe or a device is refused.
///
/// The file itself is locked, and not its folder or a file beside it, so that only a process that
/// may read it can keep others waiting. The file that replaces it is locked before it gets its
/// name. A process that is killed leaves the old file or the new one, and before the rename perhaps
/// `PATH.new`, which the next replace() removes. A file that was created stays, empty, if it is not
/// replaced.
class EditedFile {
  public:
    /// Opens the file, and waits for the lock.
    /// @param place must outlive the object
    /// @throws Refusal if the file cannot be opened, or another process keeps the lock
    EditedFile(const FilePlace& place, Access access);

    /// Returns the owner and the mode, as they were when the file was opened.
    [[nodiscard]] const struct stat& facts() const noexcept { return facts_; }

    /// Returns the contents. @throws Refusal if they are larger than max_bytes or cannot be read
    [[nodiscard]] std::string contents(std::size_t max_bytes) const;

    /// Replaces the contents by one rename, and syncs them to disk. Owner and mode stay.
    /// @throws Refusal; then the file is unchanged, unless only the sync of the folder has failed
    void replace(std::string_view contents);

  private:
    [[nodiscard]] bool try_to_open(Access access);
    [[nodiscard]] bool is_at_its_path() const;
    [[nodiscard]] int write_new(const char* name, std::string_view contents);

    const FilePlace& place_;
    base::UniqueFd file_;
    base::UniqueFd new_file_;  ///< after replace(), so that the lock continues
    struct stat facts_ {};
};

}  // namespace belfry::ctl

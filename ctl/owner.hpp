#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>

/// Functions that give up root's rights. The files of a data directory and its segment name files
/// to remove and processes to end, and the user who owns them controls what they say. So when root
/// runs belfryctl, the process becomes that user before it reads them. Files that the operator
/// names on the command line are opened before that, with the operator's own rights.
namespace belfry::ctl {

/// Says what become_owner_of() does if the data directory is missing and the process stays root.
/// Another user may be able to create the directory meanwhile. So only a command that creates it
/// itself goes on, and then checks it with require_still_trusted().
enum class MissingDirectory { is_refused, will_be_made };

/// Gives up root's rights for good: if this process runs as root, it becomes the user who owns the
/// data directory. If the directory is missing, it becomes the owner of the folder above. Root
/// refuses a path that another user can redirect (trusted_path()). Every user refuses a directory
/// that is not safe (shm::require_safe()). The process must have one thread.
/// @param data_dir is replaced by an absolute path without links, if the process runs as root
/// @throws Refusal, shm::DataDirectoryError
void become_owner_of(std::filesystem::path& data_dir, MissingDirectory missing);

/// A user and the user's group.
struct Owner {
    uid_t user;
    gid_t group;
};

/// Returns whose rights become_owner_of() would take. Called by root.
/// @throws Refusal if another user can redirect the path
[[nodiscard]] Owner owner_of(const std::filesystem::path& data_dir);

/// Refuses a directory that another user has created or redirected since become_owner_of().
/// @throws Refusal, shm::DataDirectoryError
void require_still_trusted(const std::filesystem::path& data_dir);

/// Runs `work` with the rights of the data directory's owner, while this process keeps its own. If
/// this process runs as root, `work` runs in a child process. `work` throws its errors; the child
/// prints them to standard error.
/// @return false if `work` failed in the child, which has printed the error
[[nodiscard]] bool run_as_owner_of(
    const std::filesystem::path& data_dir,
    const std::function<void(const std::filesystem::path& data_dir)>& work);

}  // namespace belfry::ctl

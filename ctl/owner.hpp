#pragma once

#include <filesystem>
#include <functional>

/// What the files of a data directory and its segment say is the word of the user who owns them: it
/// names files to remove and processes to end. So root becomes that user before it looks at them.
/// Files that the operator names are opened first, with the operator's own rights.
namespace belfry::ctl {

/// Whether root may go on as root although there is no data directory. Somebody else may be able
/// to make it in the meantime, so only a command that makes it itself goes on, and checks it then
/// with require_still_trusted().
enum class MissingDirectory { is_refused, will_be_made };

/// Makes this process, where it is root's, for good one of the user who owns the data directory; of
/// a missing one, of the folder in which it would be made. Then refuses a directory that is not
/// safe (shm::require_safe()). The path becomes one without links, which that user can use from
/// anywhere. Root refuses a path that another user can lead elsewhere (trusted_path()). By a
/// process of one thread. @throws Refusal, shm::DataDirectoryError
void become_owner_of(std::filesystem::path& data_dir, MissingDirectory missing);

/// Refuses a directory that another user has made, or led elsewhere, since become_owner_of().
/// @throws Refusal, shm::DataDirectoryError
void require_still_trusted(const std::filesystem::path& data_dir);

/// Runs `work` as the owner of the data directory, while this process keeps its rights: where it is
/// root's, in a child of its own. `work` reports its errors by exceptions; those of the child are
/// written to standard error.
/// @return false: it failed in the child, and has said why
[[nodiscard]] bool run_as_owner_of(
    const std::filesystem::path& data_dir,
    const std::function<void(const std::filesystem::path& data_dir)>& work);

}  // namespace belfry::ctl

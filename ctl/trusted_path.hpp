#pragma once

#include <sys/types.h>

#include <filesystem>

namespace belfry::ctl {

/// A path that nobody but root and the owner of the directory can lead elsewhere.
struct TrustedPath {
    std::filesystem::path path;  ///< absolute, without links
    bool exists;
    uid_t user;   ///< who owns the directory; of a missing one: the nearest folder above it
    gid_t group;  ///< likewise
};

/// Follows the path from the root folder on, links included, and looks at every folder and link on
/// the way. As StrictModes of OpenSSH: each of them must belong to root or to the owner of the
/// directory, and a folder that others may write to must be sticky. By root.
/// @throws Refusal also where the path leads nowhere for another reason than a missing directory
[[nodiscard]] TrustedPath trusted_path(const std::filesystem::path& path);

}  // namespace belfry::ctl

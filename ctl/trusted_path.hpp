#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace belfry::ctl {

/// A path that nobody can redirect, except root and the owner of the directory.
struct TrustedPath {
    std::filesystem::path path;  ///< absolute, without links
    bool exists;
    uid_t user;   ///< owner of the directory; if it is missing, of the nearest folder above
    gid_t group;  ///< group, likewise
};

/// Resolves the path to a directory, and checks every folder and link on the way, like StrictModes
/// of OpenSSH. Each must belong to root or to the owner of the directory. A folder that other users
/// may write to must have the sticky bit. Called by root.
/// @param what is at the path, for messages
/// @throws Refusal if a check fails, or the path cannot be resolved; a missing directory is not an
/// error
[[nodiscard]] TrustedPath trusted_path(const std::filesystem::path& path,
                                       std::string_view what = "the data directory");

}  // namespace belfry::ctl

#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// The file `cluster-options` in the data directory: the options of the cluster with which belfryd
/// was last started, as arguments of belfry-replica, one a line. So `belfryctl` can run that
/// program. The file stays when the server stops, because `belfryctl cluster reseed` needs it then.
/// Only the process that holds the data directory's lock writes it.
namespace belfry::shm {

/// Writes the arguments atomically, with mode 0600. Without any it removes the file.
/// @param arguments none has a line break
/// @throws DataDirectoryError
void write_cluster_arguments(const std::filesystem::path& data_dir,
                             const std::vector<std::string>& arguments);

/// Returns the arguments. Any process may call it. @return none if there is no such file, or it
/// cannot be read
[[nodiscard]] std::vector<std::string> read_cluster_arguments(
    const std::filesystem::path& data_dir);

}  // namespace belfry::shm

#pragma once

#include "store/saved_cluster.hpp"
#include "store/saved_log.hpp"

#include <filesystem>
#include <optional>

namespace belfry::cluster {

/// The log in a node's database, as a command that starts no server finds it.
struct LocalLog {
    store::SavedLog log;
    std::optional<store::SavedCluster> cluster;  ///< nothing if it was never in a cluster
};

/// Reads the log of the data directory's database. @return nothing if there is no database
/// @throws StoreError
[[nodiscard]] std::optional<LocalLog> read_local_log(const std::filesystem::path& data_dir);

}  // namespace belfry::cluster

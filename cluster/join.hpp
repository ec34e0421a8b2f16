#pragma once

#include "cluster/engine.hpp"
#include "cluster/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace belfry::cluster {

/// Which node wants to join which cluster.
struct JoinRequest {
    std::filesystem::path data_dir;
    std::string cluster;            ///< its name
    std::string node;               ///< of this node
    std::uint32_t max_payload = 0;  ///< for the settings of a new cluster
};

/// Makes a node a member of its cluster, before its segment is made: compares the database with the
/// settings, creates the settings if the cluster is new, and makes the database a part of the
/// cluster. If the database is one already, the engine need not answer, because the replica
/// compares them later.
///
/// | killed              | what is left             | mended by                  |
/// |---------------------|--------------------------|----------------------------|
/// | before the settings | nothing                  | the next join              |
/// | after them          | a cluster without a node | the next join of this node |
/// | after the database  | a node that has joined   | nobody needs to            |
///
/// @return the settings
/// @throws cli::UsageError if the node cannot be a member: the line says what to do
/// @throws EngineUnavailable, StoreError
[[nodiscard]] Settings join(Engine& engine, const JoinRequest& request);

}  // namespace belfry::cluster

#pragma once

#include "cluster/engine.hpp"

#include <iosfwd>
#include <string>

namespace belfry::cluster {

/// Registers a node that is to be added, under a lease as each node is registered. From now on the
/// engine keeps for it what a backup lacks that is made afterwards. Prints one line.
/// @throws cli::UsageError if a living node has the name
/// @throws EngineUnavailable
void register_node(std::ostream& out, Engine& engine, const std::string& node);

}  // namespace belfry::cluster

#pragma once

#include "cluster/engine.hpp"

#include <iosfwd>

namespace belfry::cluster {

/// Asks all living nodes for the hash of the messages that all of them have stored, and prints one
/// line a node, or one JSON object.
/// @return whether all have answered, and all hashes are equal
/// @throws EngineUnavailable
[[nodiscard]] bool check(std::ostream& out, Engine& engine, bool json);

}  // namespace belfry::cluster

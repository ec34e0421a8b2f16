#pragma once

#include "cluster/engine.hpp"

#include <string>

namespace belfry::cluster {

/// Tells whether the engine still has everything after a revision. Takes up to a second, and ends
/// the engine's watch for good.
/// @param settings the value of the key `settings`
[[nodiscard]] bool has_log_after(Engine& engine, Revision revision, const std::string& settings);

}  // namespace belfry::cluster

#pragma once

#include "cluster/engine.hpp"

#include <string>

namespace belfry::cluster {

/// Returns one line for people about a failure that somebody has to mend: what the engine has said,
/// and what to do.
[[nodiscard]] std::string line_for(const EngineFailure& failure);

}  // namespace belfry::cluster

#pragma once

#include "server/options.hpp"

namespace belfry::server {

/// The server from its start to its clean stop.
/// @throws StartError and the errors of shm/: each one clear line
void serve(const Options& options);

}  // namespace belfry::server

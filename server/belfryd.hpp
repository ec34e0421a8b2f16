#pragma once

#include "server/options.hpp"

#include <string>
#include <vector>

namespace belfry::server {

/// The server from its start to its clean stop.
/// @param arguments of the command line, for a reload
/// @throws StartError and the errors of shm/: each one clear line
void serve(Options options, const std::vector<std::string>& arguments);

}  // namespace belfry::server

#pragma once

#include "server/options.hpp"

#include <string>
#include <vector>

namespace belfry::server {

/// Runs the server from its start to its clean stop.
/// @param clients those of the options
/// @param arguments the command line, which a reload reads again
/// @throws StartError or an error of shm/, whose message is one clear line
void serve(Options options, auth::KnownClients clients, const std::vector<std::string>& arguments);

}  // namespace belfry::server

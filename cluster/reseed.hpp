#pragma once

#include "cluster/engine.hpp"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <stdexcept>
#include <string>

namespace belfry::cluster {

/// A reseed that would lose messages, or is not needed. The message is one line.
class ReseedRefused : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct ReseedRequest {
    std::filesystem::path data_dir;
    std::string cluster;  ///< its name
    std::string node;     ///< of this node
    bool force = false;   ///< although other nodes may have stored more
};

/// Begins a cluster again whose engine has lost its data, after the last message of this node's
/// database. The log gets a new epoch, first in the database, then in the engine. The other nodes
/// tell by their keys `node/NAME` how much they have stored; nodes that run write them every 5 s,
/// even without settings. The server of this node must be stopped; a segment that it has left is
/// removed.
///
/// | killed             | what is left                                      | mended by        |
/// |--------------------|---------------------------------------------------|------------------|
/// | before the database | nothing                                          | the next reseed  |
/// | before the settings | a database that is ahead of the engine's cluster | the next reseed  |
///
/// @throws ReseedRefused, EngineUnavailable, StoreError, shm::DataDirectoryError
void reseed(std::ostream& out, Engine& engine, const ReseedRequest& request);

}  // namespace belfry::cluster

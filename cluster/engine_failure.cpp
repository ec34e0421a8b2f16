#include "cluster/engine_failure.hpp"

namespace belfry::cluster {

std::string line_for(const EngineFailure& failure) {
    const std::string said = " (" + failure.text + "); ";
    switch (failure.error) {
        case EngineError::full:
            return "etcd is full" + said +
                   "compact and defragment it or raise its quota, and disarm its alarm";
        case EngineError::refused:
            return "etcd refuses this node" + said +
                   "check the user, the certificate and their permissions";
        case EngineError::compacted:
            return "etcd no longer has the messages that this node has missed" + said +
                   "stop this node, and begin again from a backup of another node";
        case EngineError::wiped:
            return "etcd has lost data" + said +
                   "run belfryctl cluster reseed on the node that has stored most";
        default:
            return failure.text;
    }
}

}  // namespace belfry::cluster

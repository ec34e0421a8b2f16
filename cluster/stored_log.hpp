#pragma once

#include "cluster/engine.hpp"

#include <atomic>
#include <cstdint>

namespace belfry::cluster {

/// What this node's database holds. The applier writes it after each commit; all threads read it.
struct StoredLog {
    std::atomic<Revision> revision = 0;  ///< after a loss of power it is still there
    std::atomic<std::uint64_t> first_id = 1;
    std::atomic<std::uint64_t> last_id = 0;
};

}  // namespace belfry::cluster

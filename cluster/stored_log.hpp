#pragma once

#include "cluster/engine.hpp"

#include <atomic>
#include <cstdint>
#include <limits>

namespace belfry::cluster {

/// No engine has a record of this revision.
inline constexpr Revision lost_record = std::numeric_limits<Revision>::max();

/// What this node's database holds. The applier writes it after each commit; all threads read it.
struct StoredLog {
    std::atomic<Revision> revision = 0;  ///< after a loss of power it is still there
    std::atomic<std::uint64_t> first_id = 1;
    std::atomic<std::uint64_t> last_id = 0;
    /// The engine has had this node's key `node/NAME` at this revision; lost_record: the engine has
    /// lost data. The heartbeat writes it, and the next commit stores it, because a revision alone
    /// proves nothing: an engine that was set back soon comes to the same revision again.
    std::atomic<Revision> record = 0;
};

}  // namespace belfry::cluster

#pragma once

#include "shm/segment.hpp"
#include "store/store_writer.hpp"

#include <cstdint>

namespace belfry::store {

/// Starts over a write-ahead log that is too long, although the transactions of its readers
/// overlap. It asks the sessions for a pause in which they begin no read of the store. After half
/// of the pause, when most earlier reads have ended, it restarts the log. Commits go on during the
/// pause. Only the archiver uses it.
class WalRestart {
  public:
    explicit WalRestart(shm::Segment& segment) noexcept : segment_{&segment} {}

    /// Begins the pause, or restarts the log if it is time. It must be called after each checkpoint
    /// that leaves the log too long.
    /// @throws StoreError
    void step(StoreWriter& writer);

  private:
    void request_pause(std::int64_t now_ms) noexcept;

    shm::Segment* segment_;
    std::int64_t restart_at_ms_ = 0;  ///< 0: no pause has been asked for
    std::int64_t next_pause_ms_ = 0;
};

}  // namespace belfry::store

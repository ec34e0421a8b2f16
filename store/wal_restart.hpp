#pragma once

#include "shm/segment.hpp"
#include "store/store_writer.hpp"

#include <cstdint>

namespace belfry::store {

/// Starts a write-ahead log that has become too long over, although readers overlap. Sessions are
/// asked to begin no read of the store for some time; after half of it those that were reading have
/// ended, and the log is restarted. Commits go on meanwhile. By the archiver.
class WalRestart {
  public:
    explicit WalRestart(shm::Segment& segment) noexcept : segment_{&segment} {}

    /// To be called after each checkpoint that leaves the log too long. @throws StoreError
    void step(StoreWriter& writer);

  private:
    void ask_for_a_pause(std::int64_t now_ms) noexcept;

    shm::Segment* segment_;
    std::int64_t restart_at_ms_ = 0;  ///< 0: no pause has been asked for
    std::int64_t next_pause_ms_ = 0;
};

}  // namespace belfry::store

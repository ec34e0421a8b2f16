#pragma once

#include "shm/segment.hpp"
#include "store/store_files.hpp"
#include "store/store_writer.hpp"
#include "store/wal_restart.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace belfry::store {

/// Keeps the write-ahead log of the writer of the store short. It belongs to the writer's thread.
class Checkpoints {
  public:
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    Checkpoints(shm::Segment& segment, Report report);

    /// Runs a checkpoint if one is due. A failed one loses nothing: the write-ahead log grows until
    /// one succeeds.
    void run(StoreWriter& writer);

    /// Must run before the writer is destroyed. If a file of the store was lost, it tries to leave
    /// nothing in the write-ahead log.
    void finish(StoreWriter& writer, const StoreFiles& files) const;

  private:
    using Clock = std::chrono::steady_clock;

    Report report_;
    WalRestart wal_restart_;
    Clock::time_point next_;
};

}  // namespace belfry::store

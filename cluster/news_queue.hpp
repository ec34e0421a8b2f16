#pragma once

#include "cluster/engine.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace belfry::cluster {

/// Batches that were received and are not applied yet, in the order of their revisions.
struct ReceivedBatches {
    std::vector<Batch> batches;
    Revision revision = 0;  ///< everything up to it has been received
};

/// Passes the batches that the watcher receives to the thread that applies them. It is bounded, so
/// that a node that was away does not take the whole log into its memory. The applier sleeps where
/// shm::wait_for_work() says, and the watcher wakes it there.
class NewsQueue {
  public:
    /// The watcher waits while at least this many bytes are in the queue, and one take() returns
    /// little more than this.
    static constexpr std::size_t max_bytes = 8 << 20;

    // The watcher calls these.

    /// Waits until the applier has said where the log is to be read from.
    /// @return nothing if the thread is to stop
    [[nodiscard]] std::optional<Revision> wait_for_start(const std::stop_token& stop);

    /// Appends what the watcher has received. Waits until there is room.
    /// @return false if it was dropped, because the log is to be read from elsewhere, or the thread
    /// is to stop
    [[nodiscard]] bool put(std::vector<Batch>&& batches, Revision revision,
                           const std::stop_token& stop);

    // The applier calls these.

    /// Lets the watcher begin after this revision, and drops what it has received.
    void start(Revision after);

    /// Takes everything that is in the queue. @return nothing if nothing has come
    [[nodiscard]] std::optional<ReceivedBatches> take();

    /// Tells whether there is something to take.
    [[nodiscard]] bool has_news() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    ReceivedBatches received_;
    std::size_t bytes_ = 0;
    bool is_new_ = false;         ///< received_ has not been taken
    bool is_to_restart_ = false;  ///< the watcher has not begun at start_ yet
    std::optional<Revision> start_;
};

}  // namespace belfry::cluster

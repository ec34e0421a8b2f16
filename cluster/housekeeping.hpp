#pragma once

#include "cluster/retention.hpp"
#include "cluster/session_entries.hpp"
#include "cluster/window.hpp"
#include "shm/segment.hpp"

#include <stop_token>

namespace belfry::cluster {

/// Appends what this node has to tell the cluster besides its sessions: ended logins as soon as
/// presence has changed, and once a second cursors and retention. It runs in a thread of its own.
class Housekeeping {
  public:
    /// @param window tells whether this node decides about retention
    Housekeeping(shm::Segment& segment, SessionEntries& entries, Retention& retention,
                 const Window& window);

    /// Works until the thread is to stop. Whoever stops it also calls shm::wake_everybody().
    void run(const std::stop_token& stop);

  private:
    shm::Segment* segment_;
    SessionEntries* entries_;
    Retention* retention_;
    const Window* window_;
};

}  // namespace belfry::cluster

#pragma once

#include "cluster/engine.hpp"

#include <atomic>
#include <chrono>
#include <string>

namespace belfry::cluster {

/// Holds the key `alive/NODE` under a lease. It tells the others that this node is alive, and is
/// the fence of its batches: at most one outbox publishes for a node at a time. The key of another
/// incarnation is never taken; it vanishes when its lease ends. One thread uses it; lease() may be
/// called by any.
class NodeLease {
  public:
    static constexpr std::chrono::seconds lifetime{5};

    /// @param incarnation the value of the key
    NodeLease(Engine& engine, const std::string& node, std::string incarnation);

    /// Extends the lease, or takes the key, anew if it was lost. It must be called once a second.
    /// @return false if another incarnation holds the key
    [[nodiscard]] Answer<bool> keep();

    /// Makes keep() take the key again, because it was found to have another value.
    void lose() noexcept { has_key_ = false; }

    /// Ends the lease, so that the others know at once that this node has stopped.
    void release() noexcept;

    /// Returns the lease; 0 if there is none.
    [[nodiscard]] Lease lease() const noexcept { return lease_.load(); }

  private:
    [[nodiscard]] Answer<bool> take_key();

    Engine* engine_;
    std::string key_;
    std::string incarnation_;
    std::atomic<Lease> lease_ = 0;
    bool has_key_ = false;
};

}  // namespace belfry::cluster

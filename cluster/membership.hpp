#pragma once

#include "cluster/engine.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace belfry::cluster {

/// Tells the publisher whether this node is a member of its cluster at present: the fence that its
/// batches need, or none while `alive/NODE` or `settings` have another value. The heartbeat sets
/// it. Any thread may call its functions.
class Membership {
  public:
    /// Sets the fence, or takes it back.
    void set(std::optional<Fence> fence);

    /// Sets the value of the key `settings` that belongs to this node's database; empty: the engine
    /// does not have that log.
    void set_settings(const std::string& settings);

    /// Tells whether the engine has the log of this node's database, as far as is known.
    [[nodiscard]] bool has_settings() const;

    /// Waits until it is known. @return nothing if the thread is to stop
    [[nodiscard]] std::optional<std::string> wait_for_settings(const std::stop_token& stop);

    /// Records that the engine has refused a batch because of its fence. It stays without a fence
    /// until the heartbeat has looked again.
    void refused();

    /// Returns the fence; nothing if there is none.
    [[nodiscard]] std::optional<Fence> fence() const;

    /// Waits until there is a fence. @return nothing if the thread is to stop
    [[nodiscard]] std::optional<Fence> wait_for_fence(const std::stop_token& stop);

    /// Waits until refused() is called, or until the deadline, or until the thread is to stop.
    void wait_for_refusal(const std::stop_token& stop,
                          std::chrono::steady_clock::time_point deadline);

    /// Ends the present wait_for_refusal(), or the next one, because something has changed.
    void look_now();

  private:
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::optional<Fence> fence_;
    std::string settings_;  ///< empty: not known yet
    bool is_to_look_ = false;
};

}  // namespace belfry::cluster

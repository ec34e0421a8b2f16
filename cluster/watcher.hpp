#pragma once

#include "cluster/engine.hpp"
#include "cluster/membership.hpp"
#include "cluster/news_queue.hpp"
#include "cluster/status.hpp"
#include "shm/segment.hpp"

#include <functional>
#include <stop_token>
#include <string_view>

namespace belfry::cluster {

/// Watches the keys of the cluster: passes the batches of the log to the queue, and tells others
/// that further keys have changed. It runs in a thread of its own.
class Watcher {
  public:
    /// Is called in the watcher's thread for each key outside the log that has changed.
    using OnChange = std::function<void(std::string_view key)>;

    Watcher(shm::Segment& segment, Engine& engine, Membership& membership, NewsQueue& queue,
            Status& status, OnChange on_change);

    /// Watches until the thread is to stop. Whoever stops it also calls Engine::stop().
    void run(const std::stop_token& stop);

  private:
    [[nodiscard]] bool receive(News&& news, const std::stop_token& stop);
    void handle(const EngineFailure& failure, const std::stop_token& stop);

    shm::Segment* segment_;
    Engine* engine_;
    Membership* membership_;
    NewsQueue* queue_;
    Status* status_;
    OnChange on_change_;
};

}  // namespace belfry::cluster

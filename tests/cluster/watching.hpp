#pragma once

#include "cluster/engine.hpp"
#include "tests/support/deadline.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace belfry::test {

/// A thread that watches a cluster's keys and keeps everything that it receives. The destructor
/// stops the engine's watch.
class Watching {
  public:
    Watching(cluster::Engine& engine, cluster::Revision after, std::string settings)
        : engine_{engine}, thread_{[this, after, settings = std::move(settings)] {
              auto failure = engine_.watch(after, settings, [this](cluster::News&& news) {
                  take(std::move(news));
                  return true;
              });
              const std::lock_guard lock{mutex_};
              failure_ = std::move(failure);
          }} {}
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;
    ~Watching() {
        engine_.stop();
        thread_.join();
    }

    [[nodiscard]] std::vector<cluster::Batch> batches() const {
        const std::lock_guard lock{mutex_};
        return batches_;
    }
    [[nodiscard]] std::vector<cluster::Value> changes() const {
        const std::lock_guard lock{mutex_};
        return changes_;
    }
    /// Returns why the watch has ended; nothing while it goes on.
    [[nodiscard]] std::optional<cluster::EngineFailure> failure() const {
        const std::lock_guard lock{mutex_};
        return failure_;
    }
    /// Tells whether revisions rose all the time, as Engine promises.
    [[nodiscard]] bool is_in_order() const {
        const std::lock_guard lock{mutex_};
        return is_in_order_;
    }

    [[nodiscard]] bool has_batches(std::size_t count, Milliseconds within = default_wait) const {
        return eventually(
            [&] {
                const std::lock_guard lock{mutex_};
                return batches_.size() >= count;
            },
            within);
    }

  private:
    void take(cluster::News&& news) {
        const std::lock_guard lock{mutex_};
        cluster::Revision revision = revision_;
        for (auto& batch : news.batches) {
            is_in_order_ = is_in_order_ && batch.key.revision > revision;
            revision = batch.key.revision;
            batches_.push_back(std::move(batch));
        }
        for (auto& change : news.changes) {
            is_in_order_ = is_in_order_ && change.modified > revision_;
            changes_.push_back(std::move(change));
        }
        is_in_order_ = is_in_order_ && news.revision > revision_ && news.revision >= revision;
        revision_ = news.revision;
    }

    cluster::Engine& engine_;
    mutable std::mutex mutex_;
    std::vector<cluster::Batch> batches_;
    std::vector<cluster::Value> changes_;
    cluster::Revision revision_ = 0;
    bool is_in_order_ = true;
    std::optional<cluster::EngineFailure> failure_;
    std::thread thread_;
};

}  // namespace belfry::test

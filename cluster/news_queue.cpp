#include "cluster/news_queue.hpp"

#include <iterator>
#include <utility>

namespace belfry::cluster {

std::optional<Revision> NewsQueue::wait_for_start(const std::stop_token& stop) {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, stop, [this] { return start_.has_value(); });
    if (stop.stop_requested()) return {};
    is_to_restart_ = false;
    return start_;
}

bool NewsQueue::put(std::vector<Batch>&& batches, Revision revision, const std::stop_token& stop) {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, stop, [this] { return bytes_ < max_bytes || is_to_restart_; });
    if (stop.stop_requested() || is_to_restart_) return false;
    for (const Batch& batch : batches) bytes_ += batch.bytes.size();
    received_.batches.insert(received_.batches.end(), std::move_iterator{batches.begin()},
                             std::move_iterator{batches.end()});
    received_.revision = revision;
    start_ = revision;  // where the watcher goes on after a failure
    is_new_ = true;
    changed_.notify_all();
    return true;
}

void NewsQueue::start(Revision after) {
    const std::scoped_lock guard{mutex_};
    start_ = after;
    is_to_restart_ = true;
    received_ = {};
    bytes_ = 0;
    is_new_ = false;
    changed_.notify_all();
}

std::optional<ReceivedBatches> NewsQueue::take() {
    const std::scoped_lock guard{mutex_};
    if (!std::exchange(is_new_, false)) return {};
    bytes_ = 0;
    changed_.notify_all();
    return std::exchange(received_, {});
}

bool NewsQueue::has_news() const {
    const std::scoped_lock guard{mutex_};
    return is_new_;
}

}  // namespace belfry::cluster

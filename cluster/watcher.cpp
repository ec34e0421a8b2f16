#include "cluster/watcher.hpp"

#include "cluster/engine_failure.hpp"
#include "cluster/pause.hpp"
#include "shm/news.hpp"

#include <chrono>
#include <utility>

namespace belfry::cluster {
namespace {

/// The time between two attempts to read a log that cannot be read.
constexpr std::chrono::seconds retry_interval{1};

}  // namespace

Watcher::Watcher(shm::Segment& segment, Engine& engine, Membership& membership, NewsQueue& queue,
                 Status& status, OnChange on_change)
    : segment_{&segment},
      engine_{&engine},
      membership_{&membership},
      queue_{&queue},
      status_{&status},
      on_change_{std::move(on_change)} {}

void Watcher::run(const std::stop_token& stop) {
    while (const auto start = queue_->wait_for_start(stop)) {
        const auto settings = membership_->wait_for_settings(stop);
        if (!settings) return;
        const auto receiver = [this, &stop](News&& news) { return receive(std::move(news), stop); };
        handle(engine_->watch(*start, *settings, receiver), stop);
    }
}

bool Watcher::receive(News&& news, const std::stop_token& stop) {
    if (!membership_->has_settings()) return false;  // It may be another history of the log.
    status_->answered(Status::Clock::now());
    status_->set(Problem::log, {});
    for (const Value& changed : news.changes) on_change_(changed.key);
    if (!queue_->put(std::move(news.batches), news.revision, stop)) return false;
    shm::announce_received(*segment_);
    return true;
}

void Watcher::handle(const EngineFailure& failure, const std::stop_token& stop) {
    if (failure.error == EngineError::stopped) return;
    status_->set(Problem::log, line_for(failure));
    pause(retry_interval, stop);
}

}  // namespace belfry::cluster

#include "cluster/publisher.hpp"

#include "cluster/batch_cut.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/pause.hpp"
#include "shm/news.hpp"

#include <cstdlib>
#include <string>

namespace belfry::cluster {
namespace {

using Clock = shm::Condition::Clock;

/// A lost wake-up costs at most this time.
constexpr std::chrono::seconds look_interval{1};

}  // namespace

Publisher::Publisher(shm::Segment& segment, Engine& engine, Membership& membership, Status& status)
    : segment_{&segment},
      engine_{&engine},
      membership_{&membership},
      status_{&status},
      position_{segment.outbox().head.load()} {
    move_to(position_);
}

void Publisher::run(const std::stop_token& stop) {
    while (wait_for_entries(stop)) {
        if (const auto fence = membership_->wait_for_fence(stop)) publish(*fence, stop);
    }
}

/// Waits until there are entries to publish. @return false if the thread is to stop
bool Publisher::wait_for_entries(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const bool has_entries =
            shm::wait_for_entries(*segment_, Clock::now() + look_interval, [this, &stop] {
                return segment_->outbox().end.load(std::memory_order_acquire) != position_ ||
                       stop.stop_requested();
            });
        if (has_entries) return !stop.stop_requested();
    }
    return false;
}

void Publisher::publish(const Fence& fence, const std::stop_token& stop) {
    const std::string bytes = cut_batch(*segment_, position_);
    // A batch without an answer may have been created and applied. Then its place in the outbox is
    // free, and the bytes may be others.
    const std::uint64_t head = segment_->outbox().head.load(std::memory_order_acquire);
    if (head > position_) return move_to(head);
    if (bytes.empty()) std::abort();  // sessions commit only whole entries
    const auto created =
        engine_->create_batch(segment_->outbox().incarnation, position_, bytes, fence);
    if (!created) return handle(created.failure(), stop);
    status_->answered(Status::Clock::now());
    status_->see_revision(created->revision);
    handle(*created, bytes.size(), stop);
}

void Publisher::handle(const Creation& creation, std::size_t bytes, const std::stop_token& stop) {
    switch (creation.outcome) {
        case Creation::Outcome::created:
            move_to(position_ + bytes);
            break;
        case Creation::Outcome::exists:
            wait_until_applied(stop);
            break;
        case Creation::Outcome::not_ours:
        case Creation::Outcome::other_settings:
            return membership_->refused();
    }
    status_->set(Problem::publishing, {});
}

void Publisher::handle(const EngineFailure& failure, const std::stop_token& stop) {
    if (failure.error == EngineError::no_answer) return pause(retry_interval, stop);
    status_->set(Problem::publishing, line_for(failure));
    pause(refusal_interval, stop);
}

void Publisher::move_to(std::uint64_t position) noexcept {
    position_ = position;
    segment_->cluster().published.store(position, std::memory_order_release);
}

/// Waits until the batch at position_ was applied, and goes on after what was applied.
void Publisher::wait_until_applied(const std::stop_token& stop) {
    const auto& head = segment_->outbox().head;
    const auto is_applied = [this, &head, &stop] {
        return head.load(std::memory_order_acquire) > position_ || stop.stop_requested();
    };
    // The sessions that wait for room in the outbox wait there for the same.
    while (!segment_->log().space.wait_until(Clock::now() + look_interval, is_applied)) {
    }
    if (!stop.stop_requested()) move_to(head.load(std::memory_order_acquire));
}

}  // namespace belfry::cluster

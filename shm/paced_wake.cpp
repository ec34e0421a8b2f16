#include "shm/paced_wake.hpp"

#include "shm/session.hpp"
#include "shm/session_slots.hpp"

#include <sched.h>

#include <algorithm>

namespace belfry::shm {
namespace {

/// So few are woken in one go.
constexpr std::uint32_t few = 32;

/// In a stream of commits everybody is woken this often.
constexpr std::chrono::milliseconds round_trip{100};

/// The sessions that may stand in the queue. Not only who is online: who has left or was taken over
/// is asleep there until its process ends, and would take the turn of another.
std::uint32_t count_sessions(const Segment& segment) noexcept {
    std::uint32_t count = 0;
    for (std::uint32_t slot = 0; slot < segment.geometry().session_slots; ++slot) {
        if (is_logged_in(segment, slot)) ++count;
    }
    return count;
}

}  // namespace

void PacedWake::begin() noexcept {
    Condition& news = segment_->log().new_messages;
    const auto now = std::chrono::steady_clock::now();
    const auto since = std::min<std::chrono::nanoseconds>(now - begun_, round_trip);
    begun_ = now;
    left_ = sessions();
    due_ = 0;
    if (left_ <= few) {
        left_ = 0;
        return news.notify_all();
    }
    news.notify_group(wake_for_own);
    const auto share = left_ * since / round_trip;
    due_ = static_cast<std::uint32_t>(share) + 1;
}

/// Sleepers stand in a queue, so as many wake-ups as there are sessions reach everybody who was
/// asleep at begin().
void PacedWake::step() noexcept {
    const std::uint32_t woken = segment_->log().new_messages.wake_some(1, wake_for_messages);
    left_ = woken == 0 ? 0 : left_ - 1;
    due_ = std::min(due_ - std::min(due_, 1U), left_);
    ::sched_yield();
}

std::uint32_t PacedWake::sessions() noexcept {
    const std::uint32_t changes = segment_->log().presence_changes.load(std::memory_order_acquire);
    if (changes != counted_at_) {
        counted_at_ = changes;
        sessions_ = count_sessions(*segment_);
    }
    return sessions_;
}

}  // namespace belfry::shm

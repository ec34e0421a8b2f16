#include "shm/paced_wake.hpp"

#include "shm/session.hpp"
#include "shm/session_slots.hpp"

#include <algorithm>

namespace belfry::shm {
namespace {

/// So few are woken in one go.
constexpr std::uint32_t small_room = 32;

/// In a stream of commits everybody is woken this often. Of what a reader costs most is bytes, and
/// they do not get fewer; but with 100 ms the wake-ups cost the sender a tenth of his rate.
constexpr std::chrono::milliseconds round_trip{250};

/// Behind a pause, in which all were woken, a few are woken at once: a stream may begin.
constexpr std::chrono::milliseconds share_behind_a_pause{10};

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
    LogHeader& log = segment_->log();
    const auto now = std::chrono::steady_clock::now();
    const auto longest = has_more() ? round_trip : share_behind_a_pause;
    const auto since = std::min<std::chrono::nanoseconds>(now - begun_, longest);
    begun_ = now;
    log.news_of_senders.notify_all();
    left_ = sessions();
    if (left_ <= small_room) {
        left_ = 0;
        return log.new_messages.notify_all();
    }
    log.new_messages.announce();
    wake(static_cast<std::uint32_t>(left_ * since / round_trip) + 1);
}

/// Sleepers stand in a queue, so as many wake-ups as there are sessions reach everybody who was
/// asleep at begin().
void PacedWake::wake(std::uint32_t count) noexcept {
    const std::uint32_t woken = segment_->log().new_messages.wake_some(count);
    left_ = woken < count ? 0 : left_ - std::min(left_, count);
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

#include "shm/paced_wake.hpp"

#include "shm/client_table.hpp"
#include "shm/session.hpp"

#include <sched.h>

#include <algorithm>

namespace belfry::shm {
namespace {

/// So few are woken in one go.
constexpr std::uint32_t few = 32;

/// In a stream of commits everybody is woken this often.
constexpr std::chrono::milliseconds round_trip{100};

}  // namespace

void PacedWake::begin() noexcept {
    Condition& news = segment_->log().new_messages;
    const auto now = std::chrono::steady_clock::now();
    const auto since = std::min<std::chrono::nanoseconds>(now - begun_, round_trip);
    begun_ = now;
    left_ = online();
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

std::uint32_t PacedWake::online() noexcept {
    const std::uint32_t changes = segment_->log().presence_changes.load(std::memory_order_acquire);
    if (changes != counted_at_) {
        counted_at_ = changes;
        online_ = count_online(*segment_);
    }
    return online_;
}

}  // namespace belfry::shm
